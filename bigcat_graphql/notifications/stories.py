"""What there is to say about a booking: which template, in which words, with which tickets."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale

from bigcat_graphql import accounts, booking, catalogue
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.ids import print_reference
from bigcat_graphql.models import (
    Account,
    Booking,
    BookingStatus,
    Concert,
    Payment,
    Refund,
    RefundReason,
    Ticket,
    TicketStatus,
    Venue,
)
from bigcat_graphql.money import Money
from bigcat_graphql.notifications.locales import locale_for
from bigcat_graphql.notifications.tickets.words import (
    write_day,
    write_money,
    write_price,
    write_time,
)


class Kind(StrEnum):
    """Kinds of messages about bookings; each is the name of its template."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    LATE_PAYMENT = "late-payment"
    EXPIRES_SOON = "expires-soon"
    OFFERED = "offered"
    CONCERT_CANCELLED = "concert-cancelled"
    CONCERT_POSTPONED = "concert-postponed"


@dataclass(frozen=True, slots=True)
class Topic:
    """What one message is about; `cause` tells messages of one kind about a booking apart."""

    kind: Kind
    booking: BookingKey
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A booking with all that messages about it tell."""

    booking: Booking
    reader: Account
    concert: Concert
    venue: Venue
    locale: Locale

    @property
    def key(self) -> BookingKey:
        """Its key."""
        return BookingKey.of(self.booking)

    @property
    def is_over(self) -> bool:
        """Whether it ended: nobody has it, or will have it."""
        return self.booking.status_now in {BookingStatus.EXPIRED, BookingStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class Story:
    """What to say, before it is put into words."""

    words: Mapping[str, str | int]
    with_tickets: bool = False


async def read_case(key: BookingKey) -> Case:
    """Read a booking, its buyer and its evening, whoever asks."""
    made = await booking.get_booking(key)
    concert = (await catalogue.concerts_by_ids([key.concert_id]))[key.concert_id]
    venue = (await catalogue.venues_by_ids([concert.venue_id]))[concert.venue_id]
    reader = (await accounts.accounts_by_ids([made.account_id]))[made.account_id]
    return Case(made, reader, concert, venue, locale_for(venue.country, reader.locale))


async def tell(case: Case, topic: Topic) -> Story | None:
    """Say what there is to say as of now; None when there is nothing any more."""
    return await _TELLERS[topic.kind](case, topic.cause)


async def _tell_confirmed(case: Case, _cause: str) -> Story | None:
    """Tell of the tickets that are still good: some may have been cancelled since."""
    good = await _tickets(case, TicketStatus.ISSUED)
    if not good:
        return None
    words = {
        **_evening(case),
        "count": len(good),
        "seats": await _seats(case, [ticket.seat_index for ticket in good]),
        "total": write_price(
            Money(sum(ticket.price_minor for ticket in good), case.booking.currency), case.locale
        ),
    }
    return Story(words, with_tickets=True)


async def _tell_cancelled(case: Case, cause: str) -> Story | None:
    """Tell of the tickets that went in one step with the one that the cause names."""
    gone = await _tickets(case, TicketStatus.CANCELLED)
    step = next((ticket.cancelled_at for ticket in gone if ticket.id == UUID(cause)), None)
    together = [ticket for ticket in gone if step is not None and ticket.cancelled_at == step]
    if not together:
        return None
    paid = sum(ticket.price_minor for ticket in together)
    back = paid - sum(ticket.kept_minor for ticket in together)
    words = {
        **_evening(case),
        "count": len(together),
        "left": len(await _tickets(case, TicketStatus.ISSUED)),
        "seats": await _seats(case, [ticket.seat_index for ticket in together]),
        "paid": paid,
        "refund": write_money(Money(back, case.booking.currency), case.locale) if back else "",
    }
    return Story(words)


async def _tell_refunded(case: Case, cause: str) -> Story | None:
    refund = await Refund.get_or_none(concert_id=case.concert.id, id=UUID(cause))
    if refund is None:
        return None
    # A second charge goes back as well, and leaves a booking that another card pays.
    lost = refund.reason is RefundReason.SEATS_LOST and case.is_over
    words = {**_evening(case), "refund": write_money(refund.amount, case.locale), "lost": int(lost)}
    return Story(words)


async def _tell_late_payment(case: Case, cause: str) -> Story | None:
    """Tell that no seats were left; nothing while another card pays, or if it was charged."""
    payment = await Payment.get_or_none(concert_id=case.concert.id, id=UUID(cause))
    if payment is None or payment.captured_minor or not case.is_over:
        return None
    return Story({**_evening(case), "amount": write_money(payment.amount, case.locale)})


async def _tell_expires_soon(case: Case, _cause: str) -> Story | None:
    made = case.booking
    if made.status_now is not BookingStatus.PENDING or made.reserved_until is None:
        return None
    seats = (await booking.seats_of([case.key]))[case.key]
    until = made.reserved_until.astimezone(ZoneInfo(case.venue.time_zone))
    words = {
        **_evening(case),
        "minutes": max((made.seconds_left or 0) // 60, 1),
        "until": write_time(until, case.locale),
        "seats": await _seats(case, [seat.index for seat in seats]),
        "total": write_price(made.total, case.locale),
    }
    return Story(words)


async def _tell_offered(case: Case, cause: str) -> Story | None:
    """Tell of an offer of the waiting list as of what is about to expire, and of the day."""
    story = await _tell_expires_soon(case, cause)
    if story is None or case.booking.reserved_until is None:
        return None
    until = case.booking.reserved_until.astimezone(ZoneInfo(case.venue.time_zone))
    return Story({**story.words, "until_day": write_day(until, case.locale)})


async def _tell_concert_cancelled(case: Case, _cause: str) -> Story | None:
    return Story(_evening(case))


async def _tell_concert_postponed(case: Case, _cause: str) -> Story | None:
    good = await _tickets(case, TicketStatus.ISSUED)
    if not good:
        return None
    seats = await _seats(case, [ticket.seat_index for ticket in good])
    return Story({**_evening(case), "seats": seats}, with_tickets=True)


_TELLERS: Mapping[Kind, Callable[[Case, str], Awaitable[Story | None]]] = {
    Kind.CONFIRMED: _tell_confirmed,
    Kind.CANCELLED: _tell_cancelled,
    Kind.REFUNDED: _tell_refunded,
    Kind.LATE_PAYMENT: _tell_late_payment,
    Kind.EXPIRES_SOON: _tell_expires_soon,
    Kind.OFFERED: _tell_offered,
    Kind.CONCERT_CANCELLED: _tell_concert_cancelled,
    Kind.CONCERT_POSTPONED: _tell_concert_postponed,
}


def _evening(case: Case) -> dict[str, str | int]:
    starts_at = case.concert.starts_at.astimezone(ZoneInfo(case.venue.time_zone))
    return {
        "holder": case.reader.name,
        "concert": case.concert.name,
        "venue": case.venue.name,
        "city": case.venue.city,
        "day": write_day(starts_at, case.locale),
        "time": write_time(starts_at, case.locale),
        "reference": print_reference(case.booking.reference),
    }


async def _tickets(case: Case, status: TicketStatus) -> list[Ticket]:
    tickets = (await booking.tickets_of([case.key]))[case.key]
    return [ticket for ticket in tickets if ticket.status is status]


async def _seats(case: Case, indexes: list[int]) -> str:
    if case.concert.plan_id is None:
        return ""
    plan = await catalogue.plan_by_id(case.concert.plan_id)
    return "; ".join(plan.place(index).label for index in indexes)
