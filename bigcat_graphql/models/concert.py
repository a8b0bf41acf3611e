"""One evening at one venue, its prices, and who organizes it."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.db_defaults import SqlDefault
from tortoise.models import Model

from bigcat_graphql.ids import new_id
from bigcat_graphql.models.account import Account
from bigcat_graphql.models.venue import SeatingPlan, SeatType, Venue
from bigcat_graphql.money import Money

# Steps of a refund policy, see `catalogue.refund_steps`: everything back until the start.
FULL_REFUND = [{"hours_before": 0, "percent": 100}]
FULL_REFUND_SQL = """'[{"hours_before": 0, "percent": 100}]'::jsonb"""


class ConcertStatus(StrEnum):
    """Where a concert stands.

    ON_SALE, CLOSED and COMPLETED are never stored: time makes them of PUBLISHED, see
    `catalogue.status`. The other five are decisions of people, and stored.
    """

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    ON_SALE = "ON_SALE"
    PAUSED = "PAUSED"
    CLOSED = "CLOSED"
    COMPLETED = "COMPLETED"
    POSTPONED = "POSTPONED"
    CANCELLED = "CANCELLED"


class Concert(Model):
    """One evening.

    `status` is what people decided; what the clock adds is derived. `local_date` and `local_time`
    are the start in the venue's zone, `search_text` and `…_folded` the folded words that the
    search reads; `catalogue.concerts` writes them with what they are made of.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    slug = fields.CharField(max_length=120, unique=True)
    venue: fields.ForeignKeyRelation[Venue] = fields.ForeignKeyField(
        "models.Venue", related_name="concerts", on_delete=fields.RESTRICT, db_index=True
    )
    plan: fields.ForeignKeyNullableRelation[SeatingPlan] = fields.ForeignKeyField(
        "models.SeatingPlan", related_name="concerts", null=True, on_delete=fields.RESTRICT
    )
    name = fields.CharField(max_length=300)
    artists: list[str] = ArrayField("text", default=list)
    tour_name = fields.CharField(max_length=300, null=True)
    description = fields.TextField(null=True)
    starts_at: datetime = fields.DatetimeField()
    doors_at: datetime | None = fields.DatetimeField(null=True)
    status = fields.CharEnumField(ConcertStatus, max_length=10, default=ConcertStatus.DRAFT)
    opens_at: datetime | None = fields.DatetimeField(null=True)
    closes_at: datetime | None = fields.DatetimeField(null=True)
    ticket_limit = fields.IntField(default=8)
    seats_per_booking = fields.IntField(default=8)
    no_single_seats = fields.BooleanField(default=False, db_default=False)
    needs_verified_email = fields.BooleanField(default=False, db_default=False)
    presale_until: datetime | None = fields.DatetimeField(null=True)
    refund_steps: list[dict[str, int]] = fields.JSONField(
        default=lambda: list(FULL_REFUND), db_default=SqlDefault(FULL_REFUND_SQL)
    )

    currency = fields.CharField(max_length=3, null=True)
    lowest_price_minor: int | None = fields.BigIntField(null=True)
    local_date: date = fields.DateField()
    local_time: time = fields.TimeField()
    name_folded = fields.CharField(max_length=500)
    artists_folded = fields.TextField()
    search_text = fields.TextField()

    # Where an import had it from: importing again finds it.
    source = fields.CharField(max_length=40, null=True)
    source_key = fields.CharField(max_length=120, null=True)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    venue_id: UUID
    plan_id: UUID | None
    status_now: ConcertStatus  # as shown; set by whoever loads it, see `catalogue.status`
    known_venue: Venue | None = None  # where it was read together with the concert
    price_tiers: fields.ReverseRelation[PriceTier]

    class Meta:
        table = "concert"

    @property
    def lowest_price(self) -> Money | None:
        """The lowest price, null when it is not sold here."""
        if self.lowest_price_minor is None or self.currency is None:
            return None
        return Money(self.lowest_price_minor, self.currency)


class PriceTier(Model):
    """What the seats of one plan tier cost at one concert."""

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert: fields.ForeignKeyRelation[Concert] = fields.ForeignKeyField(
        "models.Concert", related_name="price_tiers", on_delete=fields.CASCADE
    )
    code = fields.CharField(max_length=1)
    name = fields.CharField(max_length=200)
    seat_type = fields.CharEnumField(SeatType, max_length=7)
    price_minor: int = fields.BigIntField()
    currency = fields.CharField(max_length=3)

    concert_id: UUID

    class Meta:
        table = "price_tier"
        unique_together = (("concert", "code"),)

    @property
    def price(self) -> Money:
        """The price of one seat, fees and tax included."""
        return Money(self.price_minor, self.currency)


class ConcertOrganizer(Model):
    """An account that organizes a concert."""

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert: fields.ForeignKeyRelation[Concert] = fields.ForeignKeyField(
        "models.Concert", related_name="organizers", on_delete=fields.CASCADE
    )
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="organizes", on_delete=fields.RESTRICT, db_index=True
    )

    concert_id: UUID
    account_id: UUID

    class Meta:
        table = "concert_organizer"
        unique_together = (("concert", "account"),)
