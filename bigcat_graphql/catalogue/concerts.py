"""Concerts: find them, with the status that they show now, their prices and who organizes them."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.catalogue.statements import is_storable
from bigcat_graphql.catalogue.status import STATUS_NOW
from bigcat_graphql.database import fetch_all, fetch_one, read_instance
from bigcat_graphql.models import AccountRole, Concert, ConcertOrganizer, ConcertStatus, PriceTier

# What `concert_of` reads.
SELECT_CONCERTS = f"SELECT c.*, {STATUS_NOW} AS status_now FROM concert c"

_BY_ID = f"{SELECT_CONCERTS} WHERE c.id = $1"
_BY_SLUG = f"{SELECT_CONCERTS} WHERE c.slug = $1"
_BY_IDS = f"{SELECT_CONCERTS} WHERE c.id = ANY($1::uuid[])"


async def concert_by_id(concert_id: UUID, *, viewer: Viewer | None = None) -> Concert | None:
    """Find a concert; a DRAFT is found by its organizers and admins only."""
    row = await fetch_one(_BY_ID, concert_id)
    return None if row is None else await _seen_by(viewer, concert_of(row))


async def concert_by_slug(slug: str, *, viewer: Viewer | None = None) -> Concert | None:
    """Find a concert by its name in URLs; a DRAFT is found by its organizers and admins only."""
    row = await fetch_one(_BY_SLUG, slug) if is_storable(slug) else None
    return None if row is None else await _seen_by(viewer, concert_of(row))


async def concerts_by_ids(ids: Sequence[UUID]) -> dict[UUID, Concert]:
    """Find many concerts at once, DRAFTs too: for what belongs to a concert and may be seen."""
    rows = await fetch_all(_BY_IDS, list(ids))
    return {row["id"]: concert_of(row) for row in rows}


async def load_concert(concert_id: UUID) -> Concert:
    """Load a concert that exists, a DRAFT too."""
    return (await concerts_by_ids([concert_id]))[concert_id]


async def price_tiers_of(concert_ids: Sequence[UUID]) -> dict[UUID, list[PriceTier]]:
    """Find the price tiers of concerts, the lowest price first; a concert without is left out."""
    found: dict[UUID, list[PriceTier]] = {}
    tiers = PriceTier.filter(concert_id__in=list(concert_ids)).order_by("price_minor", "code")
    for tier in await tiers:
        found.setdefault(tier.concert_id, []).append(tier)
    return found


async def is_organizer(account_id: UUID, concert_id: UUID) -> bool:
    """Say whether an account organizes a concert."""
    return await ConcertOrganizer.exists(account_id=account_id, concert_id=concert_id)


async def _seen_by(viewer: Viewer | None, concert: Concert) -> Concert | None:
    if concert.status != ConcertStatus.DRAFT:
        return concert
    if viewer is None:
        return None
    seen = viewer.may(AccountRole.ADMIN) or await is_organizer(viewer.account_id, concert.id)
    return concert if seen else None


def concert_of(row: Record) -> Concert:
    """Make a concert of a row of `SELECT_CONCERTS`."""
    concert = read_instance(Concert, row)
    concert.status_now = ConcertStatus(row["status_now"])
    return concert
