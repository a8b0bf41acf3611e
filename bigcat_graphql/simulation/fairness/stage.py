"""The stage of the simulation: a hall with a queue in front of its sale."""

from datetime import timedelta
from uuid import UUID

from bigcat_graphql import catalogue, onsale
from bigcat_graphql.clock import utc_now
from bigcat_graphql.models import SeatType
from bigcat_graphql.money import Money

_SEATS_PER_ROW = 50


async def announce(seats: int) -> UUID:
    """Make a hall whose sale opens once everybody is there, with a queue in front."""
    venue = await catalogue.create_venue(
        catalogue.VenueDraft("Fair hall", "Austin", "US", "America/Chicago")
    )
    rows = [
        catalogue.RowDraft(f"{number}", _SEATS_PER_ROW, "r")
        for number in range(1, -(-seats // _SEATS_PER_ROW) + 1)
    ]
    plan = await catalogue.publish_plan(
        venue.id,
        catalogue.PlanDraft(
            name="Hall",
            width=1000,
            height=800,
            tiers=[catalogue.PlanTier("r", "Stalls", SeatType.REGULAR, "#1d4ed8")],
            sections=[catalogue.SectionDraft("stalls", "Stalls", rows)],
        ),
    )
    concert = await catalogue.create_concert(
        catalogue.ConcertDraft(
            venue_id=venue.id,
            plan_id=plan.id,
            artists=["The Lots"],
            starts_at=utc_now() + timedelta(days=30),
            opens_at=utc_now() + timedelta(days=1),
            prices=[catalogue.PriceDraft("r", Money(5_000, "USD"))],
        )
    )
    await onsale.announce_queue(concert.id)
    return concert.id
