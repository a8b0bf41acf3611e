"""A concert before it is created, and what can be wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bigcat_graphql.catalogue.plan import Plan
from bigcat_graphql.catalogue.refund_steps import FULL_REFUND, RefundStep, check_refund_steps
from bigcat_graphql.catalogue.statements import is_storable
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.money import Money, decimals

_LONGEST_NAME = 300
_LONGEST_ARTIST = 200
_LONGEST_DESCRIPTION = 50_000
_MOST_ARTISTS = 200
_MOST_TICKETS = 1_000
# BIGINT holds the sum of very many such prices.
_LARGEST_PRICE_MINOR = 10**12
_STORED = frozenset(
    {
        ConcertStatus.DRAFT,
        ConcertStatus.PUBLISHED,
        ConcertStatus.PAUSED,
        ConcertStatus.POSTPONED,
        ConcertStatus.CANCELLED,
    }
)


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
    `closes_at` left out means the start. With `no_single_seats` nobody may choose seats so that one
    is left alone, see `booking.orphans`. `source` and `source_key` say where an import had it from.
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
    no_single_seats: bool = False
    refund_steps: Sequence[RefundStep] = FULL_REFUND
    status: ConcertStatus = ConcertStatus.PUBLISHED
    slug: str | None = None
    source: str | None = None
    source_key: str | None = None

    @property
    def name(self) -> str:
        """What to show: the tour name, or the artists when there is none."""
        return (self.tour_name or ", ".join(self.artists))[:_LONGEST_NAME]


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
    check_refund_steps(draft.refund_steps)
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
