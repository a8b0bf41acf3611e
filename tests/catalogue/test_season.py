"""The demo season."""

from datetime import UTC, datetime, timedelta

import pytest

from bigcat_graphql.catalogue import (
    ConcertFilter,
    SeatFeature,
    concert_by_slug,
    count_concerts,
    plan_by_id,
    seat_counts,
    venues_by_ids,
)
from bigcat_graphql.catalogue.halls import HallPart, draw_arena, draw_hall
from bigcat_graphql.catalogue.layout import write_content
from bigcat_graphql.catalogue.season import seed_season
from bigcat_graphql.catalogue.season_programme import programme
from bigcat_graphql.catalogue.season_sales import find_audience, sell_seats
from bigcat_graphql.catalogue.season_venues import season_venues
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import fetch_all, fetch_one
from bigcat_graphql.ids import new_id, read_reference
from bigcat_graphql.models import Booking, Concert, ConcertStatus, SeatType
from tests.scenes import make_concert

TODAY = datetime(2030, 3, 1, tzinfo=UTC).date()


# ---- halls


def test_the_arena_has_20_000_numbered_seats_none_on_top_of_another() -> None:
    draft = draw_arena()

    points = [
        point for section in draft.sections for row in section.rows for point in _points(row.points)
    ]
    assert draft.seat_count == draft.total_count == len(set(points)) == 20_000
    assert all(0 < x < draft.width and 0 < y < draft.height for x, y in points)
    write_content(draft)


def _points(points: str | None) -> list[tuple[int, int]]:
    pairs = [point.split(",") for point in (points or "").split()]
    return [(int(x), int(y)) for x, y in pairs]


def test_a_hall_lies_round_its_stage_with_standing_places_in_front() -> None:
    draft = draw_hall(
        [
            HallPart("Pit", SeatType.VIP, sections=1, rows=0, seats=100),
            HallPart("Level", SeatType.REGULAR, sections=3, rows=2, seats=4),
        ]
    )

    assert [(area.key, area.place_count) for area in draft.areas] == [("pit", 100)]
    assert [section.key for section in draft.sections] == ["level-1", "level-2", "level-3"]
    left, middle, right = (_points(section.rows[0].points)[0] for section in draft.sections)
    assert left[0] < middle[0] < right[0]
    assert middle[1] > max(left[1], right[1])
    marks = {mark.feature: mark.indexes for mark in draft.marks}
    assert marks[SeatFeature.COMPANION] == tuple(n + 1 for n in marks[SeatFeature.ACCESSIBLE])
    write_content(draft)


def test_the_real_halls_have_the_seats_that_are_known_of_them() -> None:
    totals = {place.key: place.plan.total_count for place in season_venues()}

    assert len(totals) == 18
    assert totals["la-laguna"] == 603
    assert totals["Zilker Park"] == 75_000
    assert sum(totals.values()) == 121_043 + 603 + 20_000
    for place in season_venues():
        write_content(place.plan)


# ---- programme


def test_every_season_has_sixty_concerts_and_each_fate() -> None:
    venues = season_venues()
    for later in range(0, 400, 45):
        evenings = list(programme(venues, TODAY + timedelta(days=later)))
        assert len(evenings) >= 60
        assert {evening.status for evening in evenings} == {
            ConcertStatus.PUBLISHED,
            ConcertStatus.CANCELLED,
            ConcertStatus.PAUSED,
            ConcertStatus.POSTPONED,
        }
        assert any(evening.sold_percent == 100 for evening in evenings)
        assert any(evening.price_percent == 0 for evening in evenings)
        assert any(not evening.on_sale for evening in evenings)
        assert {evening.place.currency for evening in evenings} == {"USD", "EUR"}


def test_a_later_season_goes_on_where_the_earlier_ended() -> None:
    venues = season_venues()
    first = {evening.key: evening for evening in programme(venues, TODAY)}
    later = {evening.key: evening for evening in programme(venues, TODAY + timedelta(days=30))}

    shared = [key for key in first.keys() & later.keys() if key.startswith("evening-")]
    assert len(shared) >= 40
    assert all(first[key] == later[key] for key in shared)


# ---- sales


@pytest.mark.usefixtures("database")
async def test_a_sold_out_concert_is_sold_in_bookings_with_tickets() -> None:
    concert = await make_concert(rows=3, seats_per_row=7, floor=5, price_minor=100)
    audience_id = await find_audience()

    await sell_seats(concert.id, audience_id, percent=100)
    await sell_seats(concert.id, audience_id, percent=100)

    assert (await seat_counts([concert.id]))[concert.id].booked == 26
    bookings = await Booking.filter(concert_id=concert.id)
    assert sum(booking.seat_count for booking in bookings) == 26
    assert sum(booking.total_minor for booking in bookings) == 2_600
    assert all(booking.reference == read_reference(booking.reference) for booking in bookings)
    tickets = await fetch_one("SELECT count(*), count(DISTINCT code) AS codes FROM ticket")
    assert tickets is not None
    assert (tickets["count"], tickets["codes"]) == (26, 26)


@pytest.mark.usefixtures("database")
async def test_a_concert_that_is_partly_sold_has_about_that_part_sold() -> None:
    concert = await make_concert(rows=20, seats_per_row=40)

    await sell_seats(concert.id, await find_audience(), percent=25)

    assert 150 <= (await seat_counts([concert.id]))[concert.id].booked <= 250


@pytest.mark.usefixtures("database")
async def test_the_audience_is_one_account() -> None:
    assert await find_audience() == await find_audience()
    assert await find_audience() != new_id()


# ---- all together


@pytest.mark.usefixtures("database")
async def test_a_season_is_seeded_once() -> None:
    now = utc_now()
    told: list[tuple[int, int]] = []
    first = await seed_season(now, progress=lambda done, total: told.append((done, total)))

    again = await seed_season(now)

    total = first.created
    assert (first.existing, again.created, again.existing) == (0, 0, total)
    assert told[-1] == (total, total)
    assert total >= 60
    assert await Concert.all().count() == total
    await _check_fates()
    await _check_opening_night()


async def _check_fates() -> None:
    for status in (
        ConcertStatus.PUBLISHED,
        ConcertStatus.ON_SALE,
        ConcertStatus.PAUSED,
        ConcertStatus.CANCELLED,
        ConcertStatus.POSTPONED,
    ):
        assert await count_concerts(ConcertFilter(status=[status])), status
    assert await count_concerts(ConcertFilter(status=[ConcertStatus.ON_SALE], available=False))
    largest = await fetch_all(
        "SELECT concert_id, count(*) AS seats FROM seat GROUP BY 1 ORDER BY 2 DESC LIMIT 2"
    )
    assert [row["seats"] for row in largest] == [75_000, 20_000]


async def _check_opening_night() -> None:
    concert = await concert_by_slug("la-laguna-opening-night")
    assert concert is not None
    assert concert.status_now == ConcertStatus.ON_SALE
    assert concert.plan_id is not None
    assert (await plan_by_id(concert.plan_id)).seat_count == 603
    venue = (await venues_by_ids([concert.venue_id]))[concert.venue_id]
    assert (venue.country, venue.time_zone) == ("ES", "Atlantic/Canary")
    assert concert.currency == "EUR"
