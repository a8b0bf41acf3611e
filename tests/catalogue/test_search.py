"""Searching concerts."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigcat_graphql.catalogue import (
    ConcertFilter,
    ConcertOrder,
    ConcertOrderField,
    Near,
    PageRequest,
    Range,
    count_concerts,
    search_concerts,
)
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import execute
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import Concert, ConcertStatus, SeatType
from bigcat_graphql.money import Money
from tests.scenes import make_concert, make_venue

pytestmark = pytest.mark.usefixtures("database")


async def names(chosen: ConcertFilter) -> set[str]:
    """Name what a filter finds, and hold the count to it."""
    page = await search_concerts(chosen, ConcertOrder(), PageRequest(first=100))
    assert await count_concerts(chosen) == len(page.items)
    return {concert.name for concert in page.items}


async def make_named(*tour_names: str) -> None:
    for name in tour_names:
        await make_concert(rows=0, tour_name=name)


async def hold_seats(concert: Concert, tier: str, *, seconds: int) -> None:
    """Reserve every seat of a tier, until so many seconds from now."""
    await execute(
        "INSERT INTO account (id, email, email_folded, name, role, created_at)"
        " VALUES ($1, 'a@example.org', 'a@example.org', 'Ada', 'GUEST', now())"
        " ON CONFLICT DO NOTHING",
        concert.id,
    )
    await execute(
        "INSERT INTO booking (id, concert_id, account_id, reference, status, version, seat_count,"
        " total_minor, currency, created_at, reserved_until)"
        " VALUES ($1, $1, $1, 'X', 'PENDING', 1, 1, 0, 'USD', now(), now())",
        concert.id,
    )
    await execute(
        "UPDATE seat SET status = 'R', booking_id = $1, price_minor = 0,"
        " reserved_until = now() + $3 * interval '1 second'"
        " WHERE concert_id = $1 AND tier_code = $2",
        concert.id,
        tier,
        seconds,
    )


# ---- words


async def test_every_word_must_occur_somewhere_in_artists_tour_venue_or_city() -> None:
    venue = await make_venue("Großer Saal", city="Zürich", country="CH", time_zone="Europe/Zurich")
    await make_concert(venue=venue, rows=0, artists=["Antonín Dvořák Quartet"], tour_name="Winter")

    assert await names(ConcertFilter(text="DVORAK winter zur")) == {"Winter"}
    assert await names(ConcertFilter(text="grosser  tonin")) == {"Winter"}
    assert await names(ConcertFilter(text="dvorak summer")) == set()


async def test_a_word_does_not_run_from_one_field_into_the_next() -> None:
    await make_concert(rows=0, artists=["The Owl", "Nightjar"], tour_name="Winter")

    assert await names(ConcertFilter(artist="the owl nightjar")) == set()
    assert await names(ConcertFilter(artist="NIGHT")) == {"Winter"}


@pytest.mark.parametrize("text", ["%", "_", "\\", "100%", "a_b"])
async def test_wildcards_of_like_stand_for_themselves(text: str) -> None:
    await make_named("plain", f"with {text} inside")

    assert await names(ConcertFilter(text=text)) == {f"with {text} inside"}


async def test_artist_venue_and_city_are_looked_up_in_their_own_field() -> None:
    venue = await make_venue("Blue Hall", city="Redtown")
    await make_concert(venue=venue, rows=0, artists=["Green Trio"])

    assert await names(ConcertFilter(artist="green")) == {"Green Trio"}
    assert await names(ConcertFilter(venue="blue hall", city="red")) == {"Green Trio"}
    assert await names(ConcertFilter(artist="blue")) == set()
    assert await names(ConcertFilter(venue="redtown")) == set()
    assert await names(ConcertFilter(city="blue")) == set()


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 201])
@pytest.mark.parametrize("field", ["text", "artist", "venue", "city"])
async def test_text_that_no_row_can_hold_is_refused_by_name(field: str, text: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await count_concerts(ConcertFilter(**{field: text}))  # type: ignore[arg-type] # text fields

    assert refused.value.argument == f"filter.{field}"


@given(text=st.text(max_size=40), cursor=st.text(max_size=40))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_odd_text_is_answered_or_refused_and_never_fails(text: str, cursor: str) -> None:
    chosen = ConcertFilter(text=text, artist=text, venue=text, city=text)
    with suppress(InvalidArgument):
        await search_concerts(chosen, ConcertOrder(), PageRequest(after=cursor))
    with suppress(InvalidArgument):
        await search_concerts(chosen, ConcertOrder(), PageRequest())


# ---- place


async def test_near_finds_what_lies_within_the_circle_across_the_date_line_too() -> None:
    for name, latitude, longitude in (
        ("Austin", 30.2672, -97.7431),
        ("San Antonio", 29.4241, -98.4936),
        ("Suva", -18.1416, 178.4419),
    ):
        venue = await make_venue(name, latitude=latitude, longitude=longitude)
        await make_concert(venue=venue, rows=0, artists=[name])
    await make_concert(rows=0, artists=["Nowhere"])

    assert await names(ConcertFilter(near=Near(30.27, -97.74, 110))) == {"Austin"}
    assert await names(ConcertFilter(near=Near(30.27, -97.74, 130))) == {"Austin", "San Antonio"}
    assert await names(ConcertFilter(near=Near(-18, -178, 500))) == {"Suva"}
    everywhere = await names(ConcertFilter(near=Near(0, 0, 20_000)))
    assert everywhere == {"Austin", "San Antonio", "Suva"}


@pytest.mark.parametrize(
    ("near", "part"),
    [
        (Near(90.1, 0, 1), "latitude"),
        (Near(float("nan"), 0, 1), "latitude"),
        (Near(0, -181, 1), "longitude"),
        (Near(0, 0, 0), "radiusKm"),
        (Near(0, 0, 20_001), "radiusKm"),
        (Near(0, 0, float("inf")), "radiusKm"),
    ],
)
async def test_a_circle_off_the_earth_is_refused_by_name(near: Near, part: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await count_concerts(ConcertFilter(near=near))

    assert refused.value.argument == f"filter.near.{part}"


# ---- time


async def test_local_dates_and_times_are_those_of_the_venue() -> None:
    tokyo = await make_venue(city="Tokyo", country="JP", time_zone="Asia/Tokyo")
    late = datetime(2030, 5, 1, 22, 30, tzinfo=UTC)  # 7:30 on the 2nd in Tokyo
    await make_concert(venue=tokyo, rows=0, artists=["Tokyo"], starts_at=late)
    await make_concert(rows=0, artists=["Austin"], starts_at=late)  # 17:30 on the 1st

    assert await names(ConcertFilter(local_date=date(2030, 5, 2))) == {"Tokyo"}
    assert await names(ConcertFilter(local_time=Range(time(7), time(7, 31)))) == {"Tokyo"}
    assert await names(ConcertFilter(local_time=Range(time(7), time(7, 30)))) == set()
    both = Range(date(2030, 5, 1), date(2030, 5, 2))
    assert await names(ConcertFilter(local_date_range=both)) == {"Tokyo", "Austin"}
    assert await names(ConcertFilter(local_date_range=Range(end=date(2030, 5, 1)))) == {"Austin"}


async def test_a_time_of_day_that_ends_before_it_starts_runs_over_midnight() -> None:
    venue = await make_venue(time_zone="Etc/UTC")
    for hour in (1, 12, 23):
        start = datetime(2030, 5, 1, hour, tzinfo=UTC)
        await make_concert(venue=venue, rows=0, artists=[f"{hour}h"], starts_at=start)

    assert await names(ConcertFilter(local_time=Range(time(22), time(2)))) == {"1h", "23h"}
    assert await names(ConcertFilter(local_time=Range(time(22)))) == {"23h"}
    assert await names(ConcertFilter(local_time=Range(end=time(12)))) == {"1h"}


async def test_instants_are_half_open() -> None:
    noon = datetime(2030, 5, 1, 12, tzinfo=UTC)
    await make_concert(rows=0, starts_at=noon)

    assert await count_concerts(ConcertFilter(starts_at=Range(noon))) == 1
    assert await count_concerts(ConcertFilter(starts_at=Range(end=noon))) == 0
    assert await count_concerts(ConcertFilter(starts_at=Range(noon, noon))) == 0


@pytest.mark.parametrize(
    ("chosen", "argument"),
    [
        (
            ConcertFilter(local_date_range=Range(date(2030, 1, 2), date(2030, 1, 1))),
            "filter.localDateRange",
        ),
        (
            ConcertFilter(
                starts_at=Range(datetime(2030, 1, 2, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
            ),
            "filter.startsAt",
        ),
        (ConcertFilter(starts_at=Range(datetime(2030, 1, 2))), "filter.startsAt.from"),  # noqa: DTZ001 - what is refused
        (
            ConcertFilter(
                starts_at=Range(end=datetime.min.replace(tzinfo=timezone(timedelta(hours=9))))
            ),
            "filter.startsAt.to",
        ),
        (ConcertFilter(max_price=Money(1, "XXX")), "filter.maxPrice.currency"),
        (ConcertFilter(max_price=Money(2**63, "USD")), "filter.maxPrice.amount"),
        (ConcertFilter(status=[]), "filter.status"),
        (ConcertFilter(seat_types=[]), "filter.seatTypes"),
    ],
)
async def test_a_condition_that_makes_no_sense_is_refused_by_name(
    chosen: ConcertFilter, argument: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await search_concerts(chosen, ConcertOrder(), PageRequest())

    assert refused.value.argument == argument


# ---- seats and prices


async def test_type_price_and_seats_left_hold_for_one_and_the_same_tier() -> None:
    concert = await make_concert(rows=2, premium_rows=1, price_minor=1000, premium_minor=5000)
    await hold_seats(concert, "r", seconds=60)

    premium, cheap = [SeatType.PREMIUM], Money(1000, "USD")
    assert await count_concerts(ConcertFilter(seat_types=premium, available=True)) == 1
    assert await count_concerts(ConcertFilter(max_price=cheap)) == 1
    assert await count_concerts(ConcertFilter(seat_types=premium, max_price=cheap)) == 0
    assert await count_concerts(ConcertFilter(max_price=cheap, available=True)) == 0
    assert await count_concerts(ConcertFilter(max_price=cheap, available=False)) == 1
    assert await count_concerts(ConcertFilter(available=False)) == 0
    assert await count_concerts(ConcertFilter(max_price=Money(9999, "EUR"))) == 0


async def test_a_seat_whose_reservation_is_over_is_left_to_book() -> None:
    concert = await make_concert(rows=1)
    await hold_seats(concert, "r", seconds=-1)

    assert await count_concerts(ConcertFilter(available=True)) == 1
    assert await count_concerts(ConcertFilter(available=False)) == 0


async def test_a_concert_that_is_not_sold_here_has_no_seats_left() -> None:
    await make_concert(rows=0)

    assert await count_concerts(ConcertFilter(available=False)) == 1
    assert await count_concerts(ConcertFilter(available=True)) == 0
    assert await count_concerts(ConcertFilter(seat_types=[SeatType.REGULAR])) == 0


# ---- status


async def make_one_of_each_status() -> None:
    now = utc_now()
    for name, scene in {
        "DRAFT": {"status": ConcertStatus.DRAFT},
        "PUBLISHED": {"opens_at": now + timedelta(days=1)},
        "ON_SALE": {},
        "PAUSED": {"status": ConcertStatus.PAUSED},
        "CLOSED": {
            "opens_at": now - timedelta(days=2),
            "closes_at": now - timedelta(days=1),
        },
        "COMPLETED": {"starts_at": now - timedelta(hours=5), "on_sale": False},
        "POSTPONED": {"status": ConcertStatus.POSTPONED},
        "CANCELLED": {"status": ConcertStatus.CANCELLED},
    }.items():
        await make_concert(rows=0, tour_name=name, **scene)  # type: ignore[arg-type] # of one scene


async def test_each_status_finds_the_concerts_that_show_it_and_drafts_are_never_found() -> None:
    await make_one_of_each_status()

    for status in ConcertStatus:
        expected = set() if status == ConcertStatus.DRAFT else {status.value}
        assert await names(ConcertFilter(status=[status])) == expected
    shown = await search_concerts(ConcertFilter(), ConcertOrder(), PageRequest())
    assert {concert.name: concert.status_now for concert in shown.items} == {
        status.value: status for status in ConcertStatus if status != ConcertStatus.DRAFT
    }
    assert len(await names(ConcertFilter(status=list(ConcertStatus)))) == 7


async def test_a_paused_concert_that_is_over_is_completed() -> None:
    start = utc_now() - timedelta(hours=5)
    await make_concert(rows=0, starts_at=start, on_sale=False, status=ConcertStatus.PAUSED)

    assert await count_concerts(ConcertFilter(status=[ConcertStatus.COMPLETED])) == 1
    assert await count_concerts(ConcertFilter(status=[ConcertStatus.PAUSED])) == 0


async def test_a_venues_own_concerts_are_found_by_its_id() -> None:
    concert = await make_concert(rows=0, tour_name="here")
    await make_concert(rows=0, tour_name="elsewhere")

    assert await names(ConcertFilter(venue_id=concert.venue_id)) == {"here"}


# ---- order


async def ordered(field: ConcertOrderField, *, descending: bool = False) -> Iterable[str]:
    page = await search_concerts(ConcertFilter(), ConcertOrder(field, descending), PageRequest())
    return [concert.name for concert in page.items]


async def test_prices_go_by_currency_first_and_no_price_comes_last_both_ways() -> None:
    for name, currency, minor in (("a", "USD", 100), ("b", "EUR", 900), ("c", "EUR", 500)):
        await make_concert(rows=1, tour_name=name, currency=currency, price_minor=minor)
    await make_concert(rows=0, tour_name="none")

    assert await ordered(ConcertOrderField.PRICE) == ["c", "b", "a", "none"]
    assert await ordered(ConcertOrderField.PRICE, descending=True) == ["a", "b", "c", "none"]


async def test_names_are_ordered_without_case_and_accents() -> None:
    await make_named("zebra", "Étude", "eagle", "Apple")

    assert await ordered(ConcertOrderField.NAME) == ["Apple", "eagle", "Étude", "zebra"]
