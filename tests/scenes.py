"""Scenes for tests: a venue, a plan, a concert on sale, somebody who buys."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.catalogue import (
    AreaDraft,
    ConcertDraft,
    Mark,
    Plan,
    PlanDraft,
    PlanTier,
    PriceDraft,
    RefundStep,
    RowDraft,
    SeatFeature,
    SectionDraft,
    VenueDraft,
    create_concert,
    create_venue,
    publish_plan,
)
from bigcat_graphql.clock import utc_now
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import (
    Account,
    AccountRole,
    Concert,
    ConcertOrganizer,
    ConcertStatus,
    SeatType,
    Venue,
)
from bigcat_graphql.money import Money

STALLS = PlanTier("r", "Stalls", SeatType.REGULAR, "#1d4ed8")
FRONT = PlanTier("p", "Stalls front", SeatType.PREMIUM, "#c2410c")
FLOOR = PlanTier("f", "Floor", SeatType.REGULAR, "#15803d")

_numbers = count(1)


async def make_venue(
    name: str | None = None,
    *,
    city: str = "Austin",
    country: str = "US",
    time_zone: str = "America/Chicago",
    latitude: float | None = None,
    longitude: float | None = None,
) -> Venue:
    return await create_venue(
        VenueDraft(
            name=name or f"Hall {next(_numbers)}",
            city=city,
            country=country,
            time_zone=time_zone,
            latitude=latitude,
            longitude=longitude,
        )
    )


def draft_plan(
    *,
    rows: int = 2,
    seats_per_row: int = 5,
    premium_rows: int = 0,
    floor: int = 0,
    marks: Sequence[tuple[SeatFeature, Sequence[int]]] = (),
) -> PlanDraft:
    """Draft straight rows A, B, … of a section `stalls`, then an area `floor`."""
    stalls = SectionDraft(
        key="stalls",
        name="Stalls",
        rows=[
            RowDraft(chr(ord("A") + n), seats_per_row, "p" if n < premium_rows else "r")
            for n in range(rows)
        ],
    )
    return PlanDraft(
        name="End stage",
        width=400,
        height=300,
        tiers=[STALLS, *[FRONT] * (premium_rows > 0), *[FLOOR] * (floor > 0)],
        sections=[stalls] if rows else [],
        areas=[AreaDraft("floor", "Floor", floor, "f")] if floor else [],
        marks=[Mark(feature, tuple(indexes)) for feature, indexes in marks],
    )


async def make_plan(
    venue: Venue,
    *,
    rows: int = 2,
    seats_per_row: int = 5,
    premium_rows: int = 0,
    floor: int = 0,
    marks: Sequence[tuple[SeatFeature, Sequence[int]]] = (),
) -> Plan:
    draft = draft_plan(
        rows=rows,
        seats_per_row=seats_per_row,
        premium_rows=premium_rows,
        floor=floor,
        marks=marks,
    )
    return await publish_plan(venue.id, draft)


async def make_concert(
    *,
    venue: Venue | None = None,
    plan: Plan | None = None,
    rows: int = 2,
    seats_per_row: int = 5,
    premium_rows: int = 0,
    floor: int = 0,
    marks: Sequence[tuple[SeatFeature, Sequence[int]]] = (),
    price_minor: int = 6500,
    premium_minor: int | None = None,
    floor_minor: int | None = None,
    currency: str = "USD",
    on_sale: bool = True,
    status: ConcertStatus = ConcertStatus.PUBLISHED,
    starts_at: datetime | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    ticket_limit: int = 8,
    seats_per_booking: int | None = None,
    no_single_seats: bool = False,
    refund_steps: Sequence[RefundStep] = (RefundStep(0, 100),),
    artists: Sequence[str] = ("The Testers",),
    tour_name: str | None = None,
    description: str | None = None,
    slug: str | None = None,
) -> Concert:
    """Create a concert, on sale since an hour ago unless the arguments say otherwise.

    Its numbered seats cost `price_minor` (rows in front `premium_minor`, by default 1.5 times
    that), floor places `floor_minor`, by default the same. `rows=0, floor=0` makes one without
    seats or prices.
    """
    if venue is None:
        venue = await make_venue()
    if plan is None and (rows or floor):
        plan = await make_plan(
            venue,
            rows=rows,
            seats_per_row=seats_per_row,
            premium_rows=premium_rows,
            floor=floor,
            marks=marks,
        )
    if on_sale and opens_at is None:
        opens_at = utc_now() - timedelta(hours=1)
    minor = {
        "r": price_minor,
        "p": price_minor * 3 // 2 if premium_minor is None else premium_minor,
        "f": price_minor if floor_minor is None else floor_minor,
    }
    codes = {tier.code for tier in plan.tiers} if plan else set()
    return await create_concert(
        ConcertDraft(
            venue_id=venue.id,
            plan_id=plan.id if plan else None,
            artists=artists,
            tour_name=tour_name,
            description=description,
            starts_at=starts_at or utc_now() + timedelta(days=30),
            opens_at=opens_at,
            closes_at=closes_at,
            status=status,
            ticket_limit=ticket_limit,
            seats_per_booking=seats_per_booking,
            no_single_seats=no_single_seats,
            refund_steps=refund_steps,
            prices=[PriceDraft(code, Money(minor[code], currency)) for code in sorted(codes)],
            slug=slug,
        )
    )


async def make_account(
    role: AccountRole = AccountRole.GUEST, *, email: str | None = None, name: str = "Ada"
) -> Account:
    """Create an account, without a usable password."""
    email = email or f"ada{next(_numbers)}@example.org"
    return await Account.create(
        id=new_id(),
        email=email,
        email_folded=email.lower(),
        name=name,
        role=role,
        password_hash=None if role == AccountRole.GUEST else "none",
    )


def view_as(account: Account) -> Viewer:
    return Viewer(account.id, account.role, datetime(2100, 1, 1, tzinfo=UTC))


async def make_buyer(email: str | None = None) -> Viewer:
    return view_as(await make_account(AccountRole.BUYER, email=email))


async def make_admin() -> Viewer:
    return view_as(await make_account(AccountRole.ADMIN))


async def make_organizer(concert: Concert | UUID) -> Viewer:
    """Create an account that organizes a concert."""
    account = await make_account(AccountRole.ORGANIZER)
    concert_id = concert if isinstance(concert, UUID) else concert.id
    await ConcertOrganizer.create(id=new_id(), concert_id=concert_id, account_id=account.id)
    return view_as(account)
