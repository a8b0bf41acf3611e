"""A season for the demo: venues, plans, and some seventy concerts over the coming 90 days."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from bigcat_graphql.catalogue.concert_draft import ConcertDraft, PriceDraft
from bigcat_graphql.catalogue.creation import create_concerts
from bigcat_graphql.catalogue.plan import Plan
from bigcat_graphql.catalogue.plans import publish_plan
from bigcat_graphql.catalogue.season_programme import Evening, programme
from bigcat_graphql.catalogue.season_sales import find_audience, sell_seats
from bigcat_graphql.catalogue.season_venues import SeasonVenue, season_venues
from bigcat_graphql.catalogue.venues import create_venue
from bigcat_graphql.database import execute
from bigcat_graphql.errors import Busy
from bigcat_graphql.models import Concert
from bigcat_graphql.money import Money

T = TypeVar("T")
Progress = Callable[[int, int], None]

SOURCE = "season"
_PRICE_STEP_MINOR = 50
_DOORS_BEFORE = timedelta(hours=1)
_ON_SALE_SINCE = timedelta(days=14)
# Two who seed at once wait for each other's largest hall.
_PATIENCE = 30
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SeasonReport:
    """What seeding did."""

    created: int
    existing: int


@dataclass(frozen=True, slots=True)
class _Hall:
    place: SeasonVenue
    venue_id: UUID
    plan: Plan


async def seed_season(now: datetime, *, progress: Progress | None = None) -> SeasonReport:
    """Make the season of the 90 days after `now`.

    What is there already stays; seeding on a later day adds the days since. `progress` is told
    how many concerts of how many are done.
    """
    places = await asyncio.to_thread(season_venues)
    halls = {place.key: await _open_hall(place) for place in places}
    audience_id = await find_audience()
    today = now.astimezone(ZoneInfo("America/Chicago")).date()
    evenings = list(programme(places, today))
    created = 0
    for number, evening in enumerate(evenings, start=1):
        created += await _put_on(evening, halls[evening.place.key], audience_id, now)
        if progress:
            progress(number, len(evenings))
    # The planner knows at once that the tables are no longer empty.
    await execute("ANALYZE venue, concert, price_tier, seat, booking, ticket")
    return SeasonReport(created, len(evenings) - created)


async def _open_hall(place: SeasonVenue) -> _Hall:
    venue = await create_venue(place.venue)
    return _Hall(place, venue.id, await publish_plan(venue.id, place.plan))


async def _put_on(evening: Evening, hall: _Hall, audience_id: UUID, now: datetime) -> bool:
    draft = _draft(evening, hall, now)
    created = await _patiently(lambda: create_concerts([draft]))
    # Sold in a transaction of its own; if that was lost, the next seeding finds it unsold.
    concert = await Concert.get(source=SOURCE, source_key=evening.key)
    await _patiently(lambda: sell_seats(concert.id, audience_id, percent=evening.sold_percent))
    return bool(created)


def _draft(evening: Evening, hall: _Hall, now: datetime) -> ConcertDraft:
    zone = ZoneInfo(hall.place.venue.time_zone)
    starts_at = datetime.combine(evening.local_date, evening.local_time, zone)
    return ConcertDraft(
        venue_id=hall.venue_id,
        plan_id=hall.plan.id,
        artists=evening.artists,
        tour_name=evening.tour_name,
        description=_describe(evening),
        starts_at=starts_at,
        doors_at=starts_at - _DOORS_BEFORE,
        prices=_prices(evening, hall.place),
        opens_at=_opening(evening, starts_at, now),
        status=evening.status,
        slug=evening.slug,
        source=SOURCE,
        source_key=evening.key,
    )


def _opening(evening: Evening, starts_at: datetime, now: datetime) -> datetime:
    # A sale that is to come opens half-way to the concert, on the hour.
    opens_at = now - _ON_SALE_SINCE if evening.on_sale else now + (starts_at - now) / 2
    return opens_at.replace(minute=0, second=0, microsecond=0)


def _prices(evening: Evening, place: SeasonVenue) -> Sequence[PriceDraft]:
    return [
        PriceDraft(code, Money(_round(usual * evening.price_percent // 100), place.currency))
        for code, usual in place.prices_minor.items()
    ]


def _round(price_minor: int) -> int:
    return price_minor // _PRICE_STEP_MINOR * _PRICE_STEP_MINOR


def _describe(evening: Evening) -> str:
    main, *others = evening.artists
    support = f", with {' and '.join(others)}" if others else ""
    return f"**{main}**{support}, live at {evening.place.venue.name}."


async def _patiently(verb: Callable[[], Awaitable[T]]) -> T:
    for _ in range(_PATIENCE):
        try:
            return await verb()
        except Busy:
            await asyncio.sleep(_PAUSE_SECONDS)
    return await verb()
