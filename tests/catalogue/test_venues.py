"""Creating venues."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bigcat_graphql.catalogue import VenueDraft, create_venue, venue_by_slug, venues_by_ids
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.ids import new_id

pytestmark = pytest.mark.usefixtures("database")

HALL = VenueDraft("Große Halle", "Zürich", "CH", "Europe/Zurich")


async def test_a_venue_is_created_once_by_name_city_and_country() -> None:
    venue = await create_venue(HALL)

    assert venue.slug == "grosse-halle"
    assert (await create_venue(replace(HALL, name="GROSSE halle"))).id == venue.id
    assert (await create_venue(replace(HALL, city="Bern"))).slug == "grosse-halle-bern"
    assert (await venues_by_ids([venue.id, new_id()])).keys() == {venue.id}


async def test_rivals_who_create_one_venue_all_get_it() -> None:
    venues = await asyncio.gather(*[create_venue(HALL) for _ in range(8)])

    assert len({venue.id for venue in venues}) == 1


async def test_venues_of_one_name_get_slugs_of_their_own() -> None:
    cities = ["Bern", "Basel", "Chur", "Bern, BE", "Zug"]
    drafts = [replace(HALL, city=city) for city in cities]

    venues = await asyncio.gather(*[create_venue(draft) for draft in drafts])

    assert len({venue.slug for venue in venues}) == len(cities)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "\x00"}, "name"),
        ({"city": "\ud800"}, "city"),
        ({"address": ["ok", ""]}, "address"),
        ({"country": "Switzerland"}, "country"),
        ({"country": "ch"}, "country"),
        ({"time_zone": "Europe/Zürich"}, "timeZone"),
        ({"time_zone": "../etc/passwd"}, "timeZone"),
        ({"latitude": 47.0}, "latitude"),
        ({"latitude": 91.0, "longitude": 8.0}, "latitude"),
        ({"latitude": 47.0, "longitude": float("nan")}, "longitude"),
    ],
)
async def test_a_venue_that_cannot_be_is_refused_by_field(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_venue(replace(HALL, **changes))

    assert refused.value.path == (field,)


@pytest.mark.parametrize("slug", ["nowhere", "\x00", "\ud800"])
async def test_an_unknown_slug_finds_nothing(slug: str) -> None:
    assert await venue_by_slug(slug) is None
