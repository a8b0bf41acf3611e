"""concerts, concert and venue."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.schema.ids import write_id
from tests.resolvers.asking import ask, hold, id_of, read
from tests.scenes import make_buyer, make_concert, make_organizer, make_venue

pytestmark = pytest.mark.usefixtures("database")

_SEARCH = """
query (
  $first: Int, $after: String, $last: Int, $before: String, $filter: ConcertFilter,
  $orderBy: ConcertOrder
) {
  concerts(
    first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy
  ) {
    totalCount
    nodes { slug }
    edges { cursor node { slug } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
_CONCERT = """
query ($by: ConcertBy!) {
  concert(by: $by) {
    id slug name artists tourName description startsAt doorsAt status soldOut
    saleWindow { opensAt closesAt }
    priceTiers { id code name seatType price { amount currency } counts { available total } }
    lowestPrice { amount currency }
    ticketLimit seatsPerBooking
    availability { id counts { available reserved booked blocked total } }
    seatMap { id }
    venue { slug city timeZone concerts(first: 1) { totalCount nodes { slug } } }
  }
}
"""


async def search(**variables: object) -> Any:
    return (await read(_SEARCH, **variables))["concerts"]


def slugs(page: Any) -> list[str]:
    found = [node["slug"] for node in page["nodes"]]
    assert found == [edge["node"]["slug"] for edge in page["edges"]]
    return found


async def make_week() -> None:
    """Concerts `day-0` to `day-4`, one a day, each dearer than the one before."""
    venue, start = await make_venue(city="Köln", time_zone="Europe/Berlin"), utc_now()
    for day in range(5):
        await make_concert(
            venue=venue,
            slug=f"day-{day}",
            artists=[f"Quartett {day}"],
            starts_at=start + timedelta(days=10 + day),
            price_minor=1000 * (day + 1),
            currency="EUR",
        )


async def test_pages_go_forward_and_back() -> None:
    await make_week()
    first = await search(first=2)
    assert (slugs(first), first["totalCount"]) == (["day-0", "day-1"], 5)
    assert first["pageInfo"]["hasNextPage"]
    assert not first["pageInfo"]["hasPreviousPage"]

    second = await search(first=2, after=first["pageInfo"]["endCursor"])
    assert slugs(second) == ["day-2", "day-3"]
    back = await search(last=1, before=second["pageInfo"]["startCursor"])
    assert slugs(back) == ["day-1"]


async def test_every_condition_must_hold() -> None:
    await make_week()
    # Near midnight the evening is of another date in Germany than in UTC.
    local = (utc_now() + timedelta(days=11)).astimezone(ZoneInfo("Europe/Berlin")).date()
    found = await search(
        filter={
            "text": "quartett koln",
            "city": "KÖLN",
            "localDateRange": {"from": local.isoformat()},
            "startsAt": {"to": "2100-01-01T00:00:00Z"},
            "localTime": {"from": "00:00"},
            "maxPrice": {"amount": "40", "currency": "EUR"},
            "seatTypes": ["REGULAR"],
            "available": True,
            "status": ["ON_SALE"],
        },
        orderBy={"field": "PRICE", "direction": "DESC"},
    )
    assert slugs(found)[0] == "day-3"
    assert "day-4" not in slugs(found)
    assert "day-0" not in slugs(found)


async def test_nothing_found_is_an_empty_page() -> None:
    page = await search(filter={"text": "nobody plays this"})
    assert (page["nodes"], page["totalCount"]) == ([], 0)
    assert page["pageInfo"]["endCursor"] is None


@pytest.mark.parametrize(
    ("variables", "argument"),
    [
        ({"first": 0}, "first"),
        ({"first": 10_000}, "first"),
        ({"last": -1}, "last"),
        ({"first": 1, "last": 1}, "last"),
        ({"after": "forged"}, "after"),
        ({"before": "\ud7ff"}, "before"),
        ({"filter": {"status": []}}, "filter.status"),
        ({"filter": {"text": "x" * 5000}}, "filter.text"),
        (
            {"filter": {"localDateRange": {"from": "2026-02-01", "to": "2026-01-01"}}},
            "filter.localDateRange",
        ),
        (
            {"filter": {"maxPrice": {"amount": "1.234", "currency": "EUR"}}},
            "filter.maxPrice",
        ),
        (
            {"filter": {"maxPrice": {"amount": "-1", "currency": "EUR"}}},
            "filter.maxPrice",
        ),
        (
            {"filter": {"near": {"latitude": 91, "longitude": 0, "radiusKm": 1}}},
            "filter.near.latitude",
        ),
    ],
)
async def test_an_argument_that_makes_no_sense_is_named(
    variables: dict[str, object], argument: str
) -> None:
    answer = await ask(_SEARCH, **variables)
    assert answer.data == {"concerts": None}
    [cause] = answer.causes
    assert isinstance(cause, InvalidArgument)
    assert cause.argument == argument


@pytest.mark.parametrize(
    "filter_",
    [
        {"localDate": "2026-02-30"},
        {"startsAt": {"from": "2026-02-01T10:00:00"}},
        {"localTime": {"from": "24:00"}},
        {"maxPrice": {"amount": 1.5, "currency": "EUR"}},
        {"maxPrice": {"amount": "1e9999999", "currency": "EUR"}},
        {"maxPrice": {"amount": "1", "currency": "GOLD"}},
        {"status": ["SOLD_OUT"]},
        {"near": {"latitude": "NaN", "longitude": 0, "radiusKm": 1}},
    ],
)
async def test_a_value_that_is_none_of_its_type_is_refused(filter_: dict[str, object]) -> None:
    answer = await ask(_SEARCH, filter=filter_)
    assert answer.data is None
    assert answer.errors


async def test_a_concert_is_shown_with_the_venues_offset_on_that_day() -> None:
    venue = await make_venue("Moody Hall", time_zone="America/Chicago")
    await make_concert(
        venue=venue,
        slug="winter",
        starts_at=datetime(2031, 1, 10, 2, 30, tzinfo=UTC),
        premium_rows=1,
        price_minor=6500,
        floor=3,
        tour_name="Cold Tour",
    )
    shown = (await read(_CONCERT, by={"slug": "winter"}))["concert"]
    assert shown["startsAt"] == "2031-01-09T20:30:00-06:00"
    assert (shown["doorsAt"], shown["status"], shown["soldOut"]) == (None, "ON_SALE", False)
    assert (shown["name"], shown["tourName"]) == ("Cold Tour", "Cold Tour")
    assert shown["lowestPrice"] == {"amount": "65.00", "currency": "USD"}
    assert [tier["price"]["amount"] for tier in shown["priceTiers"]] == ["65.00", "65.00", "97.50"]
    assert [tier["counts"]["total"] for tier in shown["priceTiers"]] == [3, 5, 5]
    assert shown["availability"]["counts"] == {
        "available": 13,
        "reserved": 0,
        "booked": 0,
        "blocked": 0,
        "total": 13,
    }
    assert shown["venue"]["concerts"] == {"totalCount": 1, "nodes": [{"slug": "winter"}]}


async def test_a_concert_without_seats_here_says_so() -> None:
    concert = await make_concert(rows=0, on_sale=False)
    shown = (await read(_CONCERT, by={"id": id_of(concert)}))["concert"]
    assert (shown["availability"], shown["seatMap"], shown["lowestPrice"]) == (None, None, None)
    assert (shown["priceTiers"], shown["soldOut"]) == ([], False)


async def test_a_concert_is_sold_out_when_no_seat_is_left() -> None:
    concert = await make_concert(rows=1, seats_per_row=2)
    await hold(await make_buyer(), concert, 0, 1)
    shown = (await read(_CONCERT, by={"id": id_of(concert)}))["concert"]
    assert shown["soldOut"]


async def test_a_draft_is_seen_by_its_organizer_only() -> None:
    draft = await make_concert(status=ConcertStatus.DRAFT, slug="draft")
    organizer, stranger = await make_organizer(draft), await make_buyer()
    document = "query ($by: ConcertBy!) { concert(by: $by) { status } }"
    for by in ({"slug": "draft"}, {"id": id_of(draft)}):
        assert await read(document, None, by=by) == {"concert": None}
        assert await read(document, stranger, by=by) == {"concert": None}
        assert await read(document, organizer, by=by) == {"concert": {"status": "DRAFT"}}


@pytest.mark.parametrize("by", [{"slug": "nowhere"}, {"id": "nonsense"}, {"slug": ""}])
async def test_what_there_is_not_is_null(by: dict[str, str]) -> None:
    document = """
    query ($concert: ConcertBy!, $venue: VenueBy!) {
      concert(by: $concert) { id } venue(by: $venue) { id }
    }
    """
    assert await read(document, None, concert=by, venue=by) == {"concert": None, "venue": None}


async def test_a_venue_is_found_by_slug_and_id() -> None:
    venue = await make_venue("Palace", city="Austin")
    document = "query ($by: VenueBy!) { venue(by: $by) { id name city country address latitude } }"
    by_slug = await read(document, None, by={"slug": venue.slug})
    by_id = await read(document, None, by={"id": write_id("Venue", venue.id)})
    assert by_slug == by_id
    assert by_slug["venue"]["name"] == "Palace"
