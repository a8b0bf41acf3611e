"""What booking tells the rooms above it: within its transactions, and after each commit."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog

from bigcat_graphql.models import BookingEndReason, SeatStatus

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


@dataclass(frozen=True, slots=True)
class SeatsUnknown:
    """Seats of a concert may have changed: the connection broke while COMMIT was on its way."""

    concert_id: UUID


Event = SeatsChanged | BookingChanged | SeatsUnknown
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
class BookingConfirmed:
    """A booking is being confirmed: its seats are BOOKED, its tickets ISSUED."""

    concert_id: UUID
    booking_id: UUID


@dataclass(frozen=True, slots=True)
class TicketsCancelled:
    """Tickets of a booking are being cancelled; `amount_minor` of what was paid must go back.

    `cancellation_id` names what goes back, ever after.
    """

    concert_id: UUID
    booking_id: UUID
    cancellation_id: UUID
    ticket_ids: tuple[UUID, ...]
    amount_minor: int


@dataclass(frozen=True, slots=True)
class BookingEnded:
    """A booking is becoming CANCELLED or EXPIRED."""

    concert_id: UUID
    booking_id: UUID
    reason: BookingEndReason


Happening = BookingConfirmed | TicketsCancelled | BookingEnded

T = TypeVar("T")
Participant = Callable[[Sequence[T]], Awaitable[None]]

# By the class of what happens; a higher room may have classes of its own.
_participants: dict[type[Any], list[Participant[Any]]] = {}


def within_transaction(kind: type[T], participant: Participant[T]) -> None:
    """Let a higher room take part in each transaction in which such things happen.

    It is called once a transaction with all of them, one or many, so that it can write them in
    one statement. What it raises rolls the whole back, and it may run again. To be joined once a
    process, at start-up; joining twice changes nothing.
    """
    joined = _participants.setdefault(kind, [])
    if participant not in joined:
        joined.append(participant)


async def tell_within(happenings: Sequence[object]) -> None:
    """Let every participant do its part, inside the caller's transaction."""
    kinds: dict[type[Any], list[object]] = {}
    for happening in happenings:
        kinds.setdefault(type(happening), []).append(happening)
    for kind, of_kind in kinds.items():
        for participant in _participants.get(kind, ()):
            await participant(of_kind)
