"""Scenes of sold-out concerts: somebody has the seats, others wait for them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, ChosenSeats, book_seats, cancel_booking
from bigcat_graphql.catalogue.availability import forget_counts
from bigcat_graphql.models import Concert, WaitlistEntry
from bigcat_graphql.waitlist import Wish, join_waitlist
from bigcat_graphql.waitlist.entries import get_entry
from tests.scenes import make_buyer, make_concert


async def make_sold_out(
    *, holders: Sequence[Sequence[int]], **facts: Any
) -> tuple[Concert, list[tuple[Viewer, BookingKey]]]:
    """Make a concert all of whose seats are reserved, by holders of these indexes."""
    concert = await make_concert(**facts)
    held = []
    for indexes in holders:
        holder = await make_buyer()
        held.append((holder, await take(holder, concert, *indexes)))
    forget_counts()
    return concert, held


async def take(viewer: Viewer, concert: Concert, *indexes: int) -> BookingKey:
    booking = await book_seats(
        viewer,
        concert_id=concert.id,
        selection=ChosenSeats(1, indexes),
        idempotency_key=uuid4().hex,
    )
    return BookingKey.of(booking)


async def give_back(viewer: Viewer, key: BookingKey) -> None:
    await cancel_booking(viewer, name=key, ticket_ids=None, idempotency_key=uuid4().hex)


async def make_fan() -> Viewer:
    """Make somebody whose e-mail is verified."""
    fan = await make_buyer()
    await database.execute(
        "UPDATE account SET email_verified_at = now() WHERE id = $1", fan.account_id
    )
    return fan


async def wait_for(
    concert: Concert, quantity: int = 1, **wishes: Any
) -> tuple[Viewer, WaitlistEntry]:
    fan = await make_fan()
    entry = await join_waitlist(fan, concert_id=concert.id, wish=Wish(quantity, **wishes))
    return fan, entry


async def now(entry: WaitlistEntry) -> WaitlistEntry:
    """Read a place as it is now."""
    return await get_entry(entry.concert_id, entry.id)


async def seats_of(entry: WaitlistEntry) -> list[int]:
    """List the seats that a place was offered."""
    found = await now(entry)
    rows = await database.fetch_all(
        "SELECT index FROM seat WHERE concert_id = $1 AND booking_id = $2 ORDER BY index",
        entry.concert_id,
        found.booking_id,
    )
    return [row["index"] for row in rows]


async def letters(concert_id: UUID) -> str:
    """Give every seat's status, a letter each."""
    rows = await database.fetch_all(
        "SELECT status FROM seat WHERE concert_id = $1 ORDER BY index", concert_id
    )
    return "".join(row["status"] for row in rows)


async def let_time_pass(key: BookingKey) -> None:
    """Let a booking's time be over."""
    for table, column in (("booking", "id"), ("seat", "booking_id")):
        await database.execute(
            f"UPDATE {table} SET reserved_until = now() - interval '1 second'"
            f" WHERE concert_id = $1 AND {column} = $2 AND reserved_until IS NOT NULL",
            key.concert_id,
            key.booking_id,
        )
