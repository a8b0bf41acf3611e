"""Creating concerts."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bigcat_graphql.catalogue import (
    ConcertDraft,
    PriceDraft,
    concert_by_id,
    concert_by_slug,
    concerts_by_ids,
    create_concert,
    create_concerts,
    plan_by_id,
    price_tiers_of,
)
from bigcat_graphql.database import fetch_all
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Concert, ConcertStatus
from bigcat_graphql.money import Money
from tests.scenes import (
    make_admin,
    make_buyer,
    make_concert,
    make_organizer,
    make_plan,
    make_venue,
)

pytestmark = pytest.mark.usefixtures("database")

EVENING = datetime(2030, 7, 1, 1, 30, tzinfo=UTC)


async def draft_concert(**changes: Any) -> ConcertDraft:
    venue = await make_venue()
    await make_plan(venue, rows=1, premium_rows=1, floor=2)
    draft = ConcertDraft(
        venue_id=venue.id,
        artists=["The Testers"],
        starts_at=EVENING,
        prices=[PriceDraft("p", Money(5000, "USD")), PriceDraft("f", Money(3000, "USD"))],
    )
    return replace(draft, **changes)


async def test_a_concert_gets_one_available_seat_for_each_index_of_its_plan() -> None:
    concert = await make_concert(rows=2, seats_per_row=3, premium_rows=1, floor=4)

    rows = await fetch_all(
        'SELECT "index", tier_code, status FROM seat WHERE concert_id = $1 ORDER BY 1', concert.id
    )
    assert [row["index"] for row in rows] == list(range(10))
    assert "".join(row["tier_code"] for row in rows) == "ppprrrffff"
    assert {row["status"] for row in rows} == {"A"}
    assert concert.plan_id is not None
    assert (await plan_by_id(concert.plan_id)).tier_codes == "ppprrrffff"


async def test_prices_come_lowest_first() -> None:
    concert = await make_concert(rows=2, premium_rows=1, floor=1, floor_minor=100)

    tiers = (await price_tiers_of([concert.id, new_id()]))[concert.id]

    assert [(tier.code, tier.price_minor) for tier in tiers] == [
        ("f", 100),
        ("r", 6500),
        ("p", 9750),
    ]
    assert concert.lowest_price == Money(100, "USD")


async def test_what_search_reads_is_derived_from_the_concert_and_its_venue() -> None:
    venue = await make_venue("Große Halle", city="Zürich", time_zone="Europe/Zurich")
    concert = await create_concert(
        ConcertDraft(venue.id, ["Björn", "Ørsted"], EVENING, tour_name="Été")
    )

    assert (concert.name, concert.name_folded) == ("Été", "ete")
    assert (concert.local_date, concert.local_time.replace(tzinfo=None)) == (
        date(2030, 7, 1),
        time(3, 30),
    )
    assert concert.artists_folded == "bjorn\norsted"
    assert concert.search_text == "bjorn\norsted\nete\ngrosse halle\nzurich"
    assert (concert.plan_id, concert.lowest_price) == (None, None)


async def test_a_concert_without_a_tour_is_named_by_its_artists() -> None:
    venue = await make_venue()

    concert = await create_concert(ConcertDraft(venue.id, ["Björn", "Ørsted"], EVENING))

    assert concert.name == "Björn, Ørsted"
    assert concert.slug == "bjorn-orsted-2030-06-30"  # its local date


async def test_slugs_of_one_name_and_day_are_numbered_even_in_a_race() -> None:
    venue = await make_venue()
    draft = ConcertDraft(venue.id, ["Owls"], EVENING)

    concerts = await asyncio.gather(*[create_concert(draft) for _ in range(4)])

    assert sorted(concert.slug for concert in concerts) == [
        "owls-2030-06-30",
        "owls-2030-06-30-2",
        "owls-2030-06-30-3",
        "owls-2030-06-30-4",
    ]


async def test_a_source_brings_each_concert_once() -> None:
    venue = await make_venue()
    drafts = [
        ConcertDraft(venue.id, ["Owls"], EVENING, source="archive", source_key=str(n))
        for n in range(3)
    ]

    assert len(await create_concerts(drafts[:2])) == 2
    assert len(await create_concerts(drafts)) == 1
    assert await Concert.all().count() == 3
    with pytest.raises(InvalidInput):
        await create_concert(drafts[0])


async def test_rivals_who_import_one_source_bring_each_concert_once() -> None:
    venue = await make_venue()
    drafts = [
        ConcertDraft(venue.id, ["Owls"], EVENING, source="archive", source_key=str(n))
        for n in range(20)
    ]

    created = await asyncio.gather(*[create_concerts(drafts) for _ in range(4)])

    assert sum(len(ids) for ids in created) == 20
    assert await Concert.all().count() == 20


async def test_the_sale_closes_at_the_start_unless_it_says_otherwise() -> None:
    opens_at = EVENING - timedelta(days=9)
    concert = await create_concert(await draft_concert(opens_at=opens_at))

    assert (concert.opens_at, concert.closes_at) == (opens_at, EVENING)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"artists": []}, "artists"),
        ({"artists": ["ok", " "]}, "artists.1"),
        ({"artists": ["\x00"]}, "artists.0"),
        ({"tour_name": "x" * 301}, "tourName"),
        ({"description": ""}, "description"),
        ({"doors_at": EVENING + timedelta(hours=1)}, "doorsAt"),
        ({"opens_at": EVENING}, "saleWindow.opensAt"),
        ({"closes_at": EVENING}, "saleWindow.closesAt"),
        ({"ticket_limit": 0}, "ticketLimit"),
        ({"seats_per_booking": 9}, "seatsPerBooking"),
        ({"status": ConcertStatus.ON_SALE}, "status"),
        ({"prices": [PriceDraft("p", Money(1, "USD"))]}, "priceTiers"),
        ({"prices": [PriceDraft(code, Money(1, "USD")) for code in "pfz"]}, "priceTiers"),
        ({"prices": [PriceDraft(code, Money(1, "USD")) for code in "pff"]}, "priceTiers"),
        (
            {"prices": [PriceDraft("p", Money(1, "USD")), PriceDraft("f", Money(1, "EUR"))]},
            "priceTiers",
        ),
        ({"prices": [PriceDraft(code, Money(-1, "USD")) for code in "pf"]}, "priceTiers.p"),
        ({"prices": [PriceDraft(code, Money(1, "XXX")) for code in "pf"]}, "priceTiers.p"),
    ],
)
async def test_a_concert_that_cannot_be_is_refused_by_field(
    changes: dict[str, Any], path: str
) -> None:
    draft = await draft_concert(**changes)

    with pytest.raises(InvalidInput) as refused:
        await create_concert(draft)

    assert ".".join(refused.value.path) == path
    assert not await Concert.exists()


async def test_an_unknown_venue_and_a_foreign_plan_are_not_found() -> None:
    draft = await draft_concert()
    elsewhere = await make_plan(await make_venue())

    with pytest.raises(NotFound):
        await create_concert(replace(draft, venue_id=new_id()))
    with pytest.raises(NotFound):
        await create_concert(replace(draft, plan_id=elsewhere.id))


async def test_a_draft_is_seen_by_its_organizers_and_admins_only() -> None:
    concert = await make_concert(status=ConcertStatus.DRAFT, slug="secret")
    other = await make_concert()

    for viewer in (None, await make_buyer(), await make_organizer(other)):
        assert await concert_by_id(concert.id, viewer=viewer) is None
        assert await concert_by_slug("secret", viewer=viewer) is None
    for viewer in (await make_organizer(concert), await make_admin()):
        assert await concert_by_id(concert.id, viewer=viewer) == concert
        assert await concert_by_slug("secret", viewer=viewer) == concert


@pytest.mark.parametrize("slug", ["nothing", "\x00", "\ud800"])
async def test_an_unknown_concert_is_not_found(slug: str) -> None:
    assert await concert_by_slug(slug) is None
    assert await concert_by_id(new_id()) is None
    assert await concerts_by_ids([new_id()]) == {}
