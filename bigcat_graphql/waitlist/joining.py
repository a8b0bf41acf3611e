"""Taking and giving up a place on a waiting list."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from asyncpg import Record

from bigcat_graphql import booking, database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.accounts.pace import Pace, Subject
from bigcat_graphql.booking import (
    BookingKey,
    SeatsPerBookingExceeded,
    TicketsPerAccountExceeded,
    WrongBookingState,
)
from bigcat_graphql.booking.events import Event, tell
from bigcat_graphql.booking.gate import find_uninvited
from bigcat_graphql.catalogue import plan_by_id
from bigcat_graphql.catalogue.availability import SeatCounts, seat_counts
from bigcat_graphql.catalogue.status import STATUS_NOW
from bigcat_graphql.errors import Busy, InvalidInput, NotFound, Unauthenticated
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import ConcertStatus, SeatType, WaitlistEntry, WaitlistStatus
from bigcat_graphql.money import Money
from bigcat_graphql.waitlist.entries import find_entry, get_entry
from bigcat_graphql.waitlist.errors import EmailNotVerified, NotSoldOut
from bigcat_graphql.waitlist.offering import hand_out, look_again, would_do

_QUANTITY_MAX = 8
# Leaving meets an offer that is made just then: once, or again after the next release.
_TRIES_MAX = 5
_pace = Pace("joinWaitlist", lambda settings: (settings.joins_per_minute, settings.joins_burst))

_CONCERT = f"""
SELECT c.plan_id, c.currency, c.ticket_limit, c.seats_per_booking, {STATUS_NOW} AS status_now
FROM concert c WHERE c.id = $1 AND c.status <> 'DRAFT'
"""
_VERIFIED = "SELECT email_verified_at IS NOT NULL AS verified FROM account WHERE id = $1"
# Tickets, and seats that are reserved now, of this concert.
_HELD = """
SELECT count(*)::int AS seats FROM booking b
JOIN seat s ON s.concert_id = b.concert_id AND s.booking_id = b.id
WHERE b.concert_id = $1 AND b.account_id = $2 AND (s.status = 'B' OR s.reserved_until > now())
"""

# The list's row first: whoever gives out seats just now is waited for, and sees the entry or not.
_OPEN_LIST = """
INSERT INTO waitlist (concert_id, has_waiting) VALUES ($1, TRUE)
ON CONFLICT (concert_id) DO UPDATE SET has_waiting = TRUE
"""
# Joining again changes the wishes and keeps the place.
_JOIN = """
INSERT INTO waitlist_entry AS e
  (id, concert_id, account_id, status, quantity, together, accessible, max_price_minor,
   seat_types, section_keys, created_at)
VALUES ($3, $1, $2, 'WAITING', $4, $5, $6, $7, $8::text[], $9::text[], clock_timestamp())
ON CONFLICT (concert_id, account_id) WHERE status = 'WAITING' DO UPDATE
SET quantity = $4, together = $5, accessible = $6, max_price_minor = $7, seat_types = $8::text[],
    section_keys = $9::text[]
RETURNING e.id
"""
# An account has one live place: an offer that is still good is one.
_OFFERED = """
SELECT e.id FROM waitlist_entry e
JOIN booking b ON b.concert_id = e.concert_id AND b.id = e.booking_id
WHERE e.concert_id = $1 AND e.account_id = $2 AND e.status = 'OFFERED'
  AND b.status = 'PENDING' AND b.reserved_until > now()
"""
_LOCK_LIST = "SELECT FROM waitlist WHERE concert_id = $1 FOR NO KEY UPDATE"
_LEAVE = """
UPDATE waitlist_entry SET status = 'LEFT'
WHERE concert_id = $1 AND id = $2 AND account_id = $3 AND status = $4
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody waits for; None means any."""

    quantity: int
    together: bool = False
    accessible: bool = False
    max_price: Money | None = None
    seat_types: tuple[SeatType, ...] | None = None
    section_keys: tuple[str, ...] | None = None


async def is_open(concert_ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Say for concerts whether one can join their waiting lists: on sale, and sold out."""
    counts = await seat_counts(concert_ids)
    rows = await database.fetch_all(
        f"SELECT c.id FROM concert c WHERE c.id = ANY($1::uuid[]) AND {STATUS_NOW} = 'ON_SALE'",
        list(concert_ids),
    )
    on_sale = {row["id"] for row in rows}
    return {key: key in on_sale and _is_sold_out(counts.get(key)) for key in concert_ids}


async def join_waitlist(viewer: Viewer, *, concert_id: UUID, wish: Wish) -> WaitlistEntry:
    """Wait for seats, or change what one waits for and keep the place.

    Raises:
        RateLimited: the account joins and joins.
        NotFound: there is no such concert with seats.
        NotSoldOut: it is not on sale, or seats that would do can be booked.
        EmailNotVerified: nobody could be told of an offer.
        SeatsPerBookingExceeded: more seats than one booking may have.
        TicketsPerAccountExceeded: more than the account may have, with what it has.
        InvalidInput: the quantity, a section, or the currency of the price makes no sense.
        DomainError: the one that the gate in front of the sale gave: there is a presale for others.
    """
    await _pace.check(Subject(viewer.account_id, concert_id))
    concert = await _check(viewer, concert_id, wish)

    async def work() -> tuple[UUID, list[Event]]:
        await database.execute(_OPEN_LIST, concert_id)
        offered = await database.fetch_one(_OFFERED, concert_id, viewer.account_id)
        if offered is not None:
            return offered["id"], []
        joined = await database.fetch_one(
            _JOIN,
            concert_id,
            viewer.account_id,
            new_id(),
            *_columns(wish).values(),
        )
        if joined is None:
            raise LookupError(concert)
        # What nobody before could use may fit this one.
        return joined["id"], await hand_out(concert_id)

    entry_id, events = await database.run_transaction(work)
    tell(events)
    # Whoever gave seats back at the same time saw nobody waiting, and was not seen by us.
    look_again(concert_id)
    return await get_entry(concert_id, entry_id)


async def leave_waitlist(viewer: Viewer, *, concert_id: UUID, entry_id: UUID) -> WaitlistEntry:
    """Give up a place, and the offer with it; doing it again changes nothing.

    Raises:
        NotFound: it is not a place of the viewer's, or it has come to its end.
        Busy: the offer is being paid just now.
    """
    for _ in range(_TRIES_MAX):
        entry = await find_entry(viewer, concert_id, entry_id)
        if entry is None:
            raise NotFound(("input", "entryId"))
        if entry.status_now is WaitlistStatus.LEFT or await _leave(viewer, entry):
            return await get_entry(concert_id, entry_id)
    raise Busy


async def _leave(viewer: Viewer, entry: WaitlistEntry) -> bool:
    """Leave a place as it was read; say whether it was still so."""
    if entry.status_now is WaitlistStatus.OFFERED and entry.booking_id is not None:
        # First the seats, for those who wait; should we die here, the offer was declined.
        if not await _decline(viewer, BookingKey(entry.concert_id, entry.booking_id)):
            return False
    elif entry.status_now is not WaitlistStatus.WAITING:
        raise NotFound(("input", "entryId"))

    async def work() -> list[Event] | None:
        # The list before the entry, as whoever gives out seats locks them.
        await database.execute(_LOCK_LIST, entry.concert_id)
        facts = (entry.concert_id, entry.id, viewer.account_id, entry.status.value)
        if await database.fetch_one(_LEAVE, *facts) is None:
            return None
        # Seats that were kept for this group are for others now.
        return await hand_out(entry.concert_id)

    events = await database.run_transaction(work)
    tell(events or [])
    return events is not None


async def _decline(viewer: Viewer, offer: BookingKey) -> bool:
    try:
        await booking.cancel_booking(
            viewer, name=offer, ticket_ids=None, idempotency_key=uuid4().hex
        )
    except WrongBookingState as refusal:
        if refusal.payment_in_progress:
            raise Busy from refusal
        return False  # paid, or over, in this very moment
    return True


async def _check(viewer: Viewer, concert_id: UUID, wish: Wish) -> Record:
    concert = await database.fetch_one(_CONCERT, concert_id)
    if concert is None or concert["plan_id"] is None:
        raise NotFound(("input", "concertId"))
    account = await database.fetch_one(_VERIFIED, viewer.account_id)
    if account is None:
        raise Unauthenticated
    if not account["verified"]:
        raise EmailNotVerified
    pair = (concert_id, viewer.account_id)
    if refusal := (await find_uninvited([pair])).get(pair):
        raise refusal
    await _check_wish(concert, wish)
    status = ConcertStatus(concert["status_now"])
    if status is not ConcertStatus.ON_SALE:
        raise NotSoldOut(status)
    counts = await seat_counts([concert_id])
    # A section may be sold out, or no two seats be left side by side.
    if not _is_sold_out(counts.get(concert_id)) and await would_do(
        _entry_of(viewer, concert_id, wish), concert["plan_id"]
    ):
        raise NotSoldOut(status)
    held = await database.fetch_one(_HELD, concert_id, viewer.account_id)
    left = concert["ticket_limit"] - (held["seats"] if held else 0)
    if wish.quantity > left:
        raise TicketsPerAccountExceeded(
            concert["ticket_limit"], max(0, left), ("input", "quantity")
        )
    return concert


def _entry_of(viewer: Viewer, concert_id: UUID, wish: Wish) -> WaitlistEntry:
    return WaitlistEntry(
        concert_id=concert_id, account_id=viewer.account_id, status=WaitlistStatus.WAITING,
        **_columns(wish),
    )  # fmt: skip


def _columns(wish: Wish) -> dict[str, object]:
    types, keys = wish.seat_types, wish.section_keys
    return {
        "quantity": wish.quantity,
        "together": wish.together,
        "accessible": wish.accessible,
        "max_price_minor": wish.max_price.amount_minor if wish.max_price else None,
        "seat_types": None if types is None else [one.value for one in types],
        "section_keys": None if keys is None else list(keys),
    }


async def _check_wish(concert: Record, wish: Wish) -> None:
    path = ("input", "quantity")
    if not 1 <= wish.quantity <= _QUANTITY_MAX:
        raise InvalidInput(f"Wait for 1 to {_QUANTITY_MAX} seats.", path)
    if wish.quantity > concert["seats_per_booking"]:
        limit = concert["seats_per_booking"]
        raise SeatsPerBookingExceeded(limit, limit, path)
    if wish.max_price is not None and wish.max_price.currency != concert["currency"]:
        raise InvalidInput(
            f"Prices are in {concert['currency']} here.", ("input", "maxPrice", "currency")
        )
    plan = await plan_by_id(concert["plan_id"])
    known = {section.key for section in plan.sections} | {area.key for area in plan.areas}
    if wish.section_keys is not None and not known.issuperset(wish.section_keys):
        raise InvalidInput("The concert has no such section.", ("input", "sectionKeys"))


def _is_sold_out(counts: SeatCounts | None) -> bool:
    return counts is not None and counts.total > 0 and counts.available == 0
