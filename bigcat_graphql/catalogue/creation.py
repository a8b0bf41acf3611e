"""Concerts are made: named for URLs, priced, and given one row for each seat."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from tortoise.exceptions import IntegrityError

from bigcat_graphql.catalogue.concert_draft import ConcertDraft, check_concert
from bigcat_graphql.catalogue.concerts import load_concert
from bigcat_graphql.catalogue.plan import Plan
from bigcat_graphql.catalogue.plans import newest_plan_id, plan_by_id
from bigcat_graphql.catalogue.refund_steps import write_refund_steps
from bigcat_graphql.catalogue.venues import venues_by_ids
from bigcat_graphql.database import execute, fetch_all, run_transaction
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Concert, PriceTier, Venue
from bigcat_graphql.text import fold, slugify

_LONGEST_FOLDED_NAME = 500
_NUMBERED_SLUGS = 10
# Rivals for a slug or a source are rare: whoever loses looks again at what there is.
_RACES = 4

# One row a seat, from the plan's codes as one string: 20,000 in a quarter of a second.
_INSERT_SEATS = """
    INSERT INTO seat (concert_id, "index", tier_code, status, version)
    SELECT $1, position - 1, code, 'A', 0
    FROM unnest(string_to_array($2, NULL)) WITH ORDINALITY AS seats (code, position)"""

_KNOWN_KEYS = """
    SELECT source, source_key FROM concert
    WHERE source = ANY($1::text[]) AND source_key = ANY($2::text[])"""

_TAKEN_SLUGS = "SELECT slug FROM concert WHERE slug = ANY($1::text[])"


@dataclass(frozen=True, slots=True)
class _Checked:
    draft: ConcertDraft
    venue: Venue
    plan: Plan | None


async def create_concert(draft: ConcertDraft) -> Concert:
    """Create a concert with its price tiers and seats.

    Raises:
        InvalidInput: a text, time, limit, price or refund step breaks a rule, or its source is
            known already; the path says which.
        NotFound: there is no such venue or plan.
    """
    created = await create_concerts([draft])
    if not created:
        raise InvalidInput("was imported before", ("sourceKey",))
    return await load_concert(created[0])


async def create_concerts(drafts: Sequence[ConcertDraft]) -> list[UUID]:
    """Create concerts, all or none; those that their source brought before are left out.

    Raises:
        InvalidInput: see `create_concert`.
        NotFound: see `create_concert`.
    """
    venues = await venues_by_ids([draft.venue_id for draft in drafts])
    checked = [await _check(draft, venues.get(draft.venue_id)) for draft in drafts]

    async def create() -> list[UUID]:
        known = await _known_keys(drafts)
        new = [one for one in checked if (one.draft.source, one.draft.source_key) not in known]
        slugs = await _free_slugs([_wanted_slug(one) for one in new])
        return await _insert(new, slugs)

    return await _create_again_if_rivalled(create)


async def _check(draft: ConcertDraft, venue: Venue | None) -> _Checked:
    if venue is None:
        raise NotFound(("venueId",))
    plan = await _plan_for(draft)
    check_concert(draft, plan)
    return _Checked(draft, venue, plan)


async def _plan_for(draft: ConcertDraft) -> Plan | None:
    plan_id = draft.plan_id
    if plan_id is None and draft.prices:
        plan_id = await newest_plan_id(draft.venue_id)
    if plan_id is None:
        return None
    plan = await plan_by_id(plan_id)
    if plan.venue_id != draft.venue_id:
        raise NotFound(("planVersion",))
    return plan


async def _create_again_if_rivalled(create: Callable[[], Awaitable[list[UUID]]]) -> list[UUID]:
    for _ in range(_RACES):
        try:
            return await run_transaction(create)
        except IntegrityError as error:
            if "slug" not in str(error) and "concert_source" not in str(error):
                raise
    return await run_transaction(create)


async def _known_keys(drafts: Sequence[ConcertDraft]) -> set[tuple[str, str]]:
    sourced = [draft for draft in drafts if draft.source is not None]
    if not sourced:
        return set()
    sources = list({draft.source for draft in sourced})
    rows = await fetch_all(_KNOWN_KEYS, sources, [draft.source_key for draft in sourced])
    return {(row["source"], row["source_key"]) for row in rows}


def _wanted_slug(one: _Checked) -> str:
    if one.draft.slug:
        return one.draft.slug
    date = one.draft.starts_at.astimezone(ZoneInfo(one.venue.time_zone)).date()
    return f"{slugify(one.draft.name)}-{date:%Y-%m-%d}"


async def _free_slugs(wanted: Sequence[str]) -> list[str]:
    """Give each the slug that it wants, or that with a number, or at last with chance letters."""
    choices = [_choices(slug) for slug in wanted]
    rows = await fetch_all(_TAKEN_SLUGS, [slug for several in choices for slug in several])
    taken = {row["slug"] for row in rows}
    found = []
    for several in choices:
        free = (slug for slug in several if slug not in taken)
        found.append(next(free, f"{several[0]}-{new_id().hex[-12:]}"))
        taken.add(found[-1])
    return found


def _choices(slug: str) -> list[str]:
    return [slug, *(f"{slug}-{number}" for number in range(2, _NUMBERED_SLUGS))]


async def _insert(new: Sequence[_Checked], slugs: Sequence[str]) -> list[UUID]:
    concerts = [_build_concert(one, slug) for one, slug in zip(new, slugs, strict=True)]
    await Concert.bulk_create(concerts)
    seated = [(row, one) for row, one in zip(concerts, new, strict=True) if one.plan is not None]
    await PriceTier.bulk_create([tier for row, one in seated for tier in _build_tiers(one, row.id)])
    for row, one in seated:
        await execute(_INSERT_SEATS, row.id, one.plan.tier_codes if one.plan else "")
    return [concert.id for concert in concerts]


def _build_concert(one: _Checked, slug: str) -> Concert:
    draft, venue = one.draft, one.venue
    local = draft.starts_at.astimezone(ZoneInfo(venue.time_zone))
    return Concert(
        id=new_id(),
        slug=slug,
        venue_id=venue.id,
        plan_id=one.plan.id if one.plan else None,
        name=draft.name,
        artists=list(draft.artists),
        tour_name=draft.tour_name,
        description=draft.description,
        starts_at=draft.starts_at,
        doors_at=draft.doors_at,
        status=draft.status,
        opens_at=draft.opens_at,
        closes_at=(draft.closes_at or draft.starts_at) if draft.opens_at else None,
        ticket_limit=draft.ticket_limit,
        seats_per_booking=draft.seats_per_booking or draft.ticket_limit,
        no_single_seats=draft.no_single_seats,
        refund_steps=write_refund_steps(draft.refund_steps),
        currency=draft.prices[0].price.currency if draft.prices else None,
        lowest_price_minor=min((p.price.amount_minor for p in draft.prices), default=None),
        local_date=local.date(),
        local_time=local.time(),
        name_folded=fold(draft.name)[:_LONGEST_FOLDED_NAME],
        artists_folded=_fold_lines(draft.artists),
        search_text=_fold_lines([*draft.artists, draft.tour_name or "", venue.name, venue.city]),
        source=draft.source,
        source_key=draft.source_key,
    )


def _build_tiers(one: _Checked, concert_id: UUID) -> list[PriceTier]:
    tiers = {tier.code: tier for tier in one.plan.tiers} if one.plan else {}
    return [
        PriceTier(
            id=new_id(),
            concert_id=concert_id,
            code=price.code,
            name=price.name or tiers[price.code].name,
            seat_type=tiers[price.code].seat_type,
            price_minor=price.price.amount_minor,
            currency=price.price.currency,
        )
        for price in one.draft.prices
    ]


def _fold_lines(texts: Iterable[str]) -> str:
    # A line feed between: a folded search has none, so a match never runs from one into the next.
    return "\n".join(folded for folded in map(fold, texts) if folded)
