"""Venues: find them, and create one."""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from tortoise.exceptions import IntegrityError

from bigcat_graphql.catalogue.statements import is_storable
from bigcat_graphql.database import fetch_all, read_instance
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Venue
from bigcat_graphql.text import fold, slugify

_COUNTRY = re.compile(r"[A-Z]{2}")
_LONGEST_TEXT = 200
_LONGEST_FOLDED = 300
_RACES = 4
_BY_IDS = "SELECT * FROM venue WHERE id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class VenueDraft:
    """A venue to create; `country` is ISO 3166-1 alpha-2, `time_zone` an IANA name."""

    name: str
    city: str
    country: str
    time_zone: str
    address: Sequence[str] = ()
    latitude: float | None = None
    longitude: float | None = None
    slug: str | None = None


async def venue_by_id(venue_id: UUID) -> Venue | None:
    """Find a venue."""
    return await Venue.get_or_none(id=venue_id)


async def venue_by_slug(slug: str) -> Venue | None:
    """Find a venue by its name in URLs."""
    return await Venue.get_or_none(slug=slug) if is_storable(slug) else None


async def venues_by_ids(ids: Collection[UUID]) -> dict[UUID, Venue]:
    """Find many venues at once."""
    rows = await fetch_all(_BY_IDS, list(ids)) if ids else ()
    return {row["id"]: read_instance(Venue, row) for row in rows}


async def create_venue(draft: VenueDraft) -> Venue:
    """Create a venue, or give the one that has the same name, city and country already.

    Raises:
        InvalidInput: a text is empty or too long, the country, zone or position is none.
    """
    check_venue(draft)
    for _ in range(_RACES):
        known = await Venue.get_or_none(
            name_folded=_fold(draft.name), city_folded=_fold(draft.city), country=draft.country
        )
        if known is not None:
            return known
        # A rival may take the slug, or make this very venue: then look again.
        with suppress(IntegrityError):
            return await _insert(draft, await _free_slug(draft))
    return await _insert(draft, f"{slugify(draft.name)}-{new_id().hex[-8:]}")


async def _free_slug(draft: VenueDraft) -> str:
    slug = draft.slug or slugify(draft.name)
    if await Venue.exists(slug=slug):
        slug = f"{slug[:80]}-{slugify(draft.city)[:15]}"
    if await Venue.exists(slug=slug):
        slug = f"{slug[:90]}-{new_id().hex[-8:]}"
    return slug


async def _insert(draft: VenueDraft, slug: str) -> Venue:
    return await Venue.create(
        id=new_id(),
        slug=slug,
        name=draft.name,
        name_folded=_fold(draft.name),
        address=list(draft.address),
        city=draft.city,
        city_folded=_fold(draft.city),
        country=draft.country,
        time_zone=draft.time_zone,
        latitude=draft.latitude,
        longitude=draft.longitude,
    )


def check_venue(draft: VenueDraft) -> None:
    """Refuse a draft that makes no venue.

    Raises:
        InvalidInput: see `create_venue`.
    """
    for field, text in (("name", draft.name), ("city", draft.city), *_lines(draft.address)):
        if not text.strip() or len(text) > _LONGEST_TEXT or not is_storable(text):
            raise InvalidInput(f"must have 1 to {_LONGEST_TEXT} characters", (field,))
    if not _COUNTRY.fullmatch(draft.country):
        raise InvalidInput("must be two capital letters, ISO 3166-1 alpha-2", ("country",))
    if draft.time_zone not in known_zones():
        raise InvalidInput(f"{draft.time_zone!r} is not an IANA time zone", ("timeZone",))
    if (draft.latitude is None) != (draft.longitude is None):
        raise InvalidInput("needs latitude and longitude, or neither", ("latitude",))
    if draft.latitude is not None and not -90 <= draft.latitude <= 90:
        raise InvalidInput("must be -90 to 90", ("latitude",))
    if draft.longitude is not None and not -180 <= draft.longitude <= 180:
        raise InvalidInput("must be -180 to 180", ("longitude",))


def _lines(address: Sequence[str]) -> list[tuple[str, str]]:
    return [("address", line) for line in address]


@cache
def known_zones() -> frozenset[str]:
    """List the IANA zones that this machine knows; `tzdata` brings them where there are none."""
    return frozenset(available_timezones())


def _fold(text: str) -> str:
    return fold(text)[:_LONGEST_FOLDED]
