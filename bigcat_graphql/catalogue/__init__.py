"""The catalogue: venues, seating plans, concerts, search, and what is left to sell."""

from bigcat_graphql.catalogue.availability import SeatCounts, seat_counts, tier_counts
from bigcat_graphql.catalogue.concert_draft import ConcertDraft, PriceDraft
from bigcat_graphql.catalogue.concerts import (
    concert_by_id,
    concert_by_slug,
    concerts_by_ids,
    is_organizer,
    price_tiers_of,
)
from bigcat_graphql.catalogue.creation import create_concert, create_concerts
from bigcat_graphql.catalogue.drafts import (
    AreaDraft,
    PlanDraft,
    PlanFault,
    PlanFaulty,
    RowDraft,
    SectionDraft,
)
from bigcat_graphql.catalogue.filters import ConcertFilter, Near, Range
from bigcat_graphql.catalogue.pages import Page, PageRequest
from bigcat_graphql.catalogue.plan import (
    Area,
    Mark,
    Place,
    Plan,
    PlanTier,
    Row,
    SeatFeature,
    Section,
)
from bigcat_graphql.catalogue.plans import plan_by_id, plan_document, publish_plan
from bigcat_graphql.catalogue.refund_steps import RefundStep, set_refund_steps
from bigcat_graphql.catalogue.search import (
    ConcertOrder,
    ConcertOrderField,
    count_concerts,
    search_concerts,
)
from bigcat_graphql.catalogue.venues import (
    VenueDraft,
    create_venue,
    venue_by_id,
    venue_by_slug,
    venues_by_ids,
)

__all__ = [
    "Area",
    "AreaDraft",
    "ConcertDraft",
    "ConcertFilter",
    "ConcertOrder",
    "ConcertOrderField",
    "Mark",
    "Near",
    "Page",
    "PageRequest",
    "Place",
    "Plan",
    "PlanDraft",
    "PlanFault",
    "PlanFaulty",
    "PlanTier",
    "PriceDraft",
    "Range",
    "RefundStep",
    "Row",
    "RowDraft",
    "SeatCounts",
    "SeatFeature",
    "Section",
    "SectionDraft",
    "VenueDraft",
    "concert_by_id",
    "concert_by_slug",
    "concerts_by_ids",
    "count_concerts",
    "create_concert",
    "create_concerts",
    "create_venue",
    "is_organizer",
    "plan_by_id",
    "plan_document",
    "price_tiers_of",
    "publish_plan",
    "search_concerts",
    "seat_counts",
    "set_refund_steps",
    "tier_counts",
    "venue_by_id",
    "venue_by_slug",
    "venues_by_ids",
]
