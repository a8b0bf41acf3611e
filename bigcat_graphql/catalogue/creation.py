"""Concerts are made: checked, named for URLs, priced, and given one row for each seat."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from tortoise.exceptions import IntegrityError

from bigcat_graphql.catalogue.concerts import load_concert
from bigcat_graphql.catalogue.plan import Plan
from bigcat_graphql.catalogue.plans import newest_plan_id, plan_by_id
from bigcat_graphql.catalogue.statements import is_storable
from bigcat_graphql.catalogue.venues import venue_by_id
from bigcat_graphql.database import execute, fetch_all, run_transaction
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Concert, ConcertStatus, PriceTier, Venue
from bigcat_graphql.money import Money, decimals
from bigcat_graphql.text import fold, slugify

_LONGEST_NAME = 300
_LONGEST_ARTIST = 200
_LONGEST_DESCRIPTION = 50_000
_LONGEST_FOLDED_NAME = 500
_MOST_ARTISTS = 200
_MOST_TICKETS = 1_000
_STORED = frozenset(
    {
        ConcertStatus.DRAFT,
        ConcertStatus.PUBLISHED,
        ConcertStatus.PAUSED,
        ConcertStatus.POSTPONED,
        ConcertStatus.CANCELLED,
    }
)
# BIGINT holds the sum of very many such prices.
_LARGEST_PRICE_MINOR = 10**12
_NUMBERED_SLUGS = 50
# Rivals for one slug are rare: whoever loses looks again at what is taken.
_SLUG_RACES = 4

# One row a seat, from the plan's codes as one string: 20,000 in a quarter of a second.
INSERT_SEATS = """
    INSERT INTO seat (concert_id, "index", tier_code, status, version)
    SELECT $1, position - 1, code, 'A', 0
    FROM unnest(string_to_array($2, NULL)) WITH ORDINALITY AS seats (code, position)"""


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """What a tier of the plan costs; without a name it keeps the plan's."""

    code: str
    price: Money
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ConcertDraft:
    """A concert to create.

    Without `plan_id` it has the newest plan of its venue if it has prices, otherwise no seats.
    `closes_at` left out means the start. `source` and `source_key` say where an import had it from.
    """

    venue_id: UUID
    artists: Sequence[str]
    starts_at: datetime
    tour_name: str | None = None
    description: str | None = None
    doors_at: datetime | None = None
    plan_id: UUID | None = None
    prices: Sequence[PriceDraft] = ()
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    ticket_limit: int = 8
    seats_per_booking: int | None = None
    status: ConcertStatus = ConcertStatus.PUBLISHED
    slug: str | None = None
    source: str | None = None
    source_key: str | None = None

    @property
    def name(self) -> str:
        """What to show: the tour name, or the artists when there is none."""
        return (self.tour_name or ", ".join(self.artists))[:_LONGEST_NAME]


async def create_concert(draft: ConcertDraft) -> Concert:
    """Create a concert with its price tiers and seats.

    Raises:
        InvalidInput: a text, time, limit or price breaks a rule; its path says which.
        NotFound: there is no such venue or plan.
    """
    venue = await venue_by_id(draft.venue_id)
    if venue is None:
        raise NotFound(("venueId",))
    plan = await _plan_for(draft)
    check_concert(draft, plan)

    async def create() -> UUID:
        slug = await free_slug(draft.slug or suggest_slug(draft, venue))
        concert = build_concert(draft, venue, plan=plan, slug=slug)
        await concert.save(force_create=True)
        if plan is not None:
            await PriceTier.bulk_create(build_tiers(draft, plan, concert.id))
            await execute(INSERT_SEATS, concert.id, plan.tier_codes)
        return concert.id

    return await load_concert(await _create_again_if_slug_was_taken(create))


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


async def _create_again_if_slug_was_taken(create: Callable[[], Awaitable[UUID]]) -> UUID:
    for _ in range(_SLUG_RACES):
        try:
            return await run_transaction(create)
        except IntegrityError as error:
            if "slug" not in str(error):
                raise
    return await run_transaction(create)


def check_concert(draft: ConcertDraft, plan: Plan | None) -> None:
    """Refuse a draft that makes no concert.

    Raises:
        InvalidInput: see `create_concert`.
    """
    _check_texts(draft)
    _check_times(draft)
    if not 1 <= draft.ticket_limit <= _MOST_TICKETS:
        raise InvalidInput(f"must be 1 to {_MOST_TICKETS:,}", ("ticketLimit",))
    if draft.seats_per_booking is not None and (
        not 1 <= draft.seats_per_booking <= draft.ticket_limit
    ):
        raise InvalidInput("must be 1 to ticketLimit", ("seatsPerBooking",))
    if draft.status not in _STORED:
        raise InvalidInput(f"{draft.status} follows from the time, it cannot be set", ("status",))
    _check_prices(draft, plan)


def _check_texts(draft: ConcertDraft) -> None:
    if not 1 <= len(draft.artists) <= _MOST_ARTISTS:
        raise InvalidInput(f"must be 1 to {_MOST_ARTISTS} artists", ("artists",))
    for number, artist in enumerate(draft.artists):
        _check_text(artist, _LONGEST_ARTIST, ("artists", str(number)))
    if draft.tour_name is not None:
        _check_text(draft.tour_name, _LONGEST_NAME, ("tourName",))
    if draft.description is not None:
        _check_text(draft.description, _LONGEST_DESCRIPTION, ("description",))


def _check_text(text: str, longest: int, path: tuple[str, ...]) -> None:
    if not text.strip() or len(text) > longest:
        raise InvalidInput(f"must have 1 to {longest:,} characters", path)
    if not is_storable(text):
        raise InvalidInput("has characters that text cannot have", path)


def _check_times(draft: ConcertDraft) -> None:
    if draft.doors_at is not None and draft.doors_at > draft.starts_at:
        raise InvalidInput("must not be after the start", ("doorsAt",))
    if draft.opens_at is None:
        if draft.closes_at is not None:
            raise InvalidInput("needs opensAt", ("saleWindow", "closesAt"))
    elif draft.opens_at >= (draft.closes_at or draft.starts_at):
        raise InvalidInput("must be before the sale closes", ("saleWindow", "opensAt"))


def _check_prices(draft: ConcertDraft, plan: Plan | None) -> None:
    path = ("priceTiers",)
    if plan is None:
        if draft.prices:
            raise InvalidInput("the venue has no seating plan to price", path)
        return
    codes = [price.code for price in draft.prices]
    if len(set(codes)) != len(codes):
        raise InvalidInput("names a tier twice", path)
    if unknown := set(codes) - {tier.code for tier in plan.tiers}:
        raise InvalidInput(f"the plan has no tier {', '.join(sorted(unknown))}", path)
    if missing := set(plan.tier_codes) - set(codes):
        raise InvalidInput(f"tier {', '.join(sorted(missing))} needs a price", path)
    if len({price.price.currency for price in draft.prices}) != 1:
        raise InvalidInput("must be in one currency", path)
    for price in draft.prices:
        _check_price(price)


def _check_price(draft: PriceDraft) -> None:
    path = ("priceTiers", draft.code)
    try:
        decimals(draft.price.currency)
    except ValueError as error:
        raise InvalidInput(str(error), path) from None
    if not 0 <= draft.price.amount_minor <= _LARGEST_PRICE_MINOR:
        raise InvalidInput("must be a price from 0 up that fits", path)
    if draft.name is not None:
        _check_text(draft.name, _LONGEST_ARTIST, (*path, "name"))


def build_concert(draft: ConcertDraft, venue: Venue, *, plan: Plan | None, slug: str) -> Concert:
    """Make the row, not yet saved, with the columns that are derived from others."""
    local = draft.starts_at.astimezone(ZoneInfo(venue.time_zone))
    lowest = min((price.price.amount_minor for price in draft.prices), default=None)
    return Concert(
        id=new_id(),
        slug=slug,
        venue_id=venue.id,
        plan_id=plan.id if plan else None,
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
        currency=draft.prices[0].price.currency if draft.prices else None,
        lowest_price_minor=lowest,
        local_date=local.date(),
        local_time=local.time(),
        name_folded=fold(draft.name)[:_LONGEST_FOLDED_NAME],
        artists_folded=_fold_lines(draft.artists),
        search_text=_fold_lines([*draft.artists, draft.tour_name or "", venue.name, venue.city]),
        source=draft.source,
        source_key=draft.source_key,
    )


def build_tiers(draft: ConcertDraft, plan: Plan, concert_id: UUID) -> list[PriceTier]:
    """Make the rows of what is priced, not yet saved."""
    tiers = {tier.code: tier for tier in plan.tiers}
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
        for price in draft.prices
    ]


def suggest_slug(draft: ConcertDraft, venue: Venue) -> str:
    """Name a concert for URLs by what it is and the date: `the-owls-2026-12-05`."""
    date = draft.starts_at.astimezone(ZoneInfo(venue.time_zone)).date()
    return f"{slugify(draft.name)}-{date:%Y-%m-%d}"


async def free_slug(wanted: str) -> str:
    """Find a slug that no concert has: the one wanted, or with a number."""
    choices = [wanted, *(f"{wanted}-{number}" for number in range(2, _NUMBERED_SLUGS))]
    rows = await fetch_all("SELECT slug FROM concert WHERE slug = ANY($1::text[])", choices)
    taken = {row["slug"] for row in rows}
    free = (choice for choice in choices if choice not in taken)
    return next(free, f"{wanted}-{new_id().hex[-12:]}")


def _fold_lines(texts: Iterable[str]) -> str:
    # A line feed between: a folded search has none, so a match never runs from one into the next.
    return "\n".join(folded for folded in map(fold, texts) if folded)
