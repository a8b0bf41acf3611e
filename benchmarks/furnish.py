"""Fills one database, by bigcat's own verbs, with what every contender is measured on.

Run as a process of its own: `python -m benchmarks.furnish WORLD.json`, with DATABASE_URL.
"""

import asyncio
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from benchmarks import world
from bigcat_graphql.accounts import continue_as_guest
from bigcat_graphql.catalogue import (
    AreaDraft,
    ConcertDraft,
    PlanDraft,
    PlanTier,
    PriceDraft,
    RowDraft,
    SectionDraft,
    VenueDraft,
    create_concert,
    create_concerts,
    create_venue,
    publish_plan,
)
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import (
    DatabaseUrl,
    close_database,
    execute,
    migrate,
    open_database,
)
from bigcat_graphql.models import SeatType, Venue
from bigcat_graphql.money import Money
from bigcat_graphql.settings import get_settings

_CITIES = [
    *("London", "Paris", "Berlin", "Madrid", "Rome", "Vienna", "Prague", "Oslo", "Dublin", "Lisbon")
]
_FIRST = ["Silver", "Crimson", "Electric", "Velvet", "Golden", "Midnight", "Neon", "Lunar"]
_LAST = ["Foxes", "Tigers", "Parade", "Echoes", "Harbour", "Signals", "Orchard", "Comets", "Rivers"]
_VENUES = 200
_CONCERTS = 2_000
_BATCH = 500
_ROW_SEATS = 25
_TICKETS_MAX = 1_000

_TIERS = (
    PlanTier("p", "Front", SeatType.PREMIUM, "#c2410c"),
    PlanTier("r", "Stalls", SeatType.REGULAR, "#1d4ed8"),
)

# Bookings and keys of before: on empty tables PostgreSQL plans for tables that stay empty.
_OLD_BOOKINGS = """
INSERT INTO booking (id, concert_id, account_id, reference, status, version, total_minor, currency,
                     seat_count, created_at, ended_at)
SELECT gen_random_uuid(), $1, $2, 'OLD' || n, 'CANCELLED', 2, 13000, 'EUR', 2, now(), now()
FROM generate_series(1, 5000) AS n"""
_OLD_KEYS = """
INSERT INTO idempotency_key (id, account_id, mutation, key, request_hash, outcome, created_at)
SELECT gen_random_uuid(), $1, 'bookSeats', 'old-' || n, md5(n::text), '{}', now()
FROM generate_series(1, 5000) AS n"""

# Every tenth seat of the arena is sold.
_OWNER = """
INSERT INTO booking (id, concert_id, account_id, reference, status, version, total_minor, currency,
                     seat_count, created_at)
VALUES ($1, $2, $3, 'ARENA', 'CONFIRMED', 2, 13000000, 'EUR', 2000, now())"""
_SELL = """
UPDATE seat SET status = 'B', booking_id = $1, price_minor = 6500, version = version + 1
WHERE concert_id = $2 AND "index" % 10 = 9"""


async def furnish(file: Path) -> None:
    """Fill the empty database of DATABASE_URL, and write what is where."""
    url = DatabaseUrl.parse(get_settings().database_url or "")
    await open_database(url)
    try:
        await migrate(url)
        made = await _make_world()
        await _make_past(made)
        await execute("VACUUM ANALYZE")
        made.save(file)
    finally:
        await close_database()


async def _make_world() -> world.World:
    venues = [await _make_venue(number) for number in range(_VENUES)]
    await _make_programme(venues)
    big, small = await _make_venue(900), await _make_venue(901)
    middle, large = await _make_venue(902), await _make_venue(903)
    return world.World(
        halls=await _make_halls(big, world.HALL_SEATS, world.HALL_COUNT),
        hot_halls=await _make_halls(small, world.HOT_SEATS, world.HOT_HALLS),
        storm_hall=(await _make_halls(middle, world.HALL_SEATS, 1))[0],
        idle_hall=(await _make_halls(middle, world.HALL_SEATS, 1))[0],
        arena=(await _make_halls(large, world.ARENA_SEATS, 1))[0],
        lawn=await _make_lawn(await _make_venue(904)),
        buyers=[await _make_buyer(number) for number in range(world.BUYER_COUNT)],
        artists=[*_FIRST, *_LAST],
        cities=_CITIES,
    )


async def _make_venue(number: int) -> Venue:
    city = _CITIES[number % len(_CITIES)]
    return await create_venue(VenueDraft(f"Venue {number}", city, "IE", "Europe/Dublin"))


async def _make_programme(venues: Sequence[Venue]) -> None:
    drafts = list(_draft_programme(venues))
    for start in range(0, len(drafts), _BATCH):
        await create_concerts(drafts[start : start + _BATCH])


def _draft_programme(venues: Sequence[Venue]) -> Iterator[ConcertDraft]:
    chance = random.Random(42)
    first_night = utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    for number in range(_CONCERTS):
        yield ConcertDraft(
            venue_id=chance.choice(venues).id,
            artists=[f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"],
            tour_name=f"Tour {number % 37} night {number % 5}",
            starts_at=first_night + timedelta(days=number % 365),
        )


async def _make_halls(venue: Venue, seats: int, count: int) -> list[UUID]:
    rows = [
        RowDraft(str(number), _ROW_SEATS, "p" if number < seats // _ROW_SEATS // 10 else "r")
        for number in range(seats // _ROW_SEATS)
    ]
    section = SectionDraft(key="stalls", name="Stalls", rows=rows)
    plan = await publish_plan(venue.id, PlanDraft("Seated", 4_000, 4_000, _TIERS, [section]))
    prices = [PriceDraft("p", Money(9500, "EUR")), PriceDraft("r", Money(6500, "EUR"))]
    return [await _make_hall(venue, plan.id, prices) for _ in range(count)]


async def _make_lawn(venue: Venue) -> UUID:
    area = AreaDraft(world.AREA, "Lawn", world.ARENA_SEATS, "r")
    draft = PlanDraft("Standing", 4_000, 4_000, _TIERS[1:], areas=[area])
    plan = await publish_plan(venue.id, draft)
    return await _make_hall(venue, plan.id, [PriceDraft("r", Money(6500, "EUR"))])


async def _make_hall(venue: Venue, plan_id: UUID, prices: Sequence[PriceDraft]) -> UUID:
    now = utc_now()
    draft = ConcertDraft(
        venue_id=venue.id,
        plan_id=plan_id,
        artists=["The Houseful"],
        starts_at=now + timedelta(days=400),
        opens_at=now - timedelta(hours=1),
        ticket_limit=_TICKETS_MAX,
        seats_per_booking=8,
        prices=prices,
    )
    return (await create_concert(draft)).id


async def _make_buyer(number: int) -> world.Buyer:
    session = await continue_as_guest(f"buyer{number}@example.org", f"Buyer {number}")
    return world.Buyer(session.account.id, session.access_token)


async def _make_past(made: world.World) -> None:
    # Nobody who buys in a job: the sold seats would count against the ticket limit.
    owner = (await _make_buyer(world.BUYER_COUNT)).account_id
    await execute(_OLD_BOOKINGS, made.arena, owner)
    await execute(_OLD_KEYS, owner)
    sold = UUID(int=1)
    await execute(_OWNER, sold, made.arena, owner)
    await execute(_SELL, sold, made.arena)


if __name__ == "__main__":
    asyncio.run(furnish(Path(sys.argv[1])))
