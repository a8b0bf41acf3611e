"""What booking tells the rooms above it: seats and bookings that changed, after each commit."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from bigcat_graphql.models import SeatStatus

_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SeatChange:
    """A seat's state as of one version of its row; a higher version is newer."""

    index: int
    status: SeatStatus
    version: int
    reserved_until: datetime | None


@dataclass(frozen=True, slots=True)
class SeatsChanged:
    """Seats of one concert changed, and the change is committed."""

    concert_id: UUID
    changes: tuple[SeatChange, ...]


@dataclass(frozen=True, slots=True)
class BookingChanged:
    """A booking changed, its payment and tickets included, and the change is committed."""

    concert_id: UUID
    booking_id: UUID
    version: int


Event = SeatsChanged | BookingChanged
Listener = Callable[[Event], None]

_listeners: list[Listener] = []


def after_commit(listener: Listener) -> Callable[[], None]:
    """Call the listener with each event of this process; it must neither block nor raise.

    Returns:
        A function that ends it.
    """
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def tell(events: Iterable[Event]) -> None:
    """Tell every listener; called by verbs once their transaction is committed."""
    for event in events:
        for listener in tuple(_listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - whatever it was, the others are told
                # The buyer has the seats all the same, and must be told so.
                _LOG.exception("listener_failed", kind=type(event).__name__)


@dataclass(frozen=True, slots=True)
class TicketsCancelled:
    """Tickets of a booking are being cancelled; what was paid for them must go back."""

    concert_id: UUID
    booking_id: UUID
    amount_minor: int


Participant = Callable[[TicketsCancelled], Awaitable[None]]

_participants: list[Participant] = []


def within_transaction(participant: Participant) -> None:
    """Let a higher room take part in the transaction that cancels tickets, once a process.

    What it raises rolls the whole back.
    """
    if participant not in _participants:
        _participants.append(participant)


async def tell_within(event: TicketsCancelled) -> None:
    """Let every participant do its part, inside the caller's transaction."""
    for participant in _participants:
        await participant(event)
