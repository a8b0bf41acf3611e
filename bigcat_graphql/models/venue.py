"""Places where concerts happen, and what their halls look like."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from bigcat_graphql.ids import new_id


class SeatType(StrEnum):
    """Classes of comfort."""

    REGULAR = "REGULAR"
    PREMIUM = "PREMIUM"
    VIP = "VIP"


class Venue(Model):
    """A place with its city, country and IANA time zone; `…_folded` serve the search."""

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    slug = fields.CharField(max_length=100, unique=True)
    name = fields.CharField(max_length=200)
    name_folded = fields.CharField(max_length=300)
    address: list[str] = ArrayField("text", default=list)
    city = fields.CharField(max_length=200)
    city_folded = fields.CharField(max_length=300)
    country = fields.CharField(max_length=2)
    time_zone = fields.CharField(max_length=64)
    latitude: float | None = fields.FloatField(null=True)
    longitude: float | None = fields.FloatField(null=True)

    class Meta:
        table = "venue"


class SeatingPlan(Model):
    """A published version of a venue's plan; a row never changes.

    `document` is the canonical JSON that `/plans/<content_hash>.json` serves, byte for byte;
    `content_hash` is its SHA-256 in hexadecimal, so publishing the same plan again finds it.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    venue: fields.ForeignKeyRelation[Venue] = fields.ForeignKeyField(
        "models.Venue", related_name="plans", on_delete=fields.RESTRICT
    )
    version = fields.IntField()
    name = fields.CharField(max_length=200)
    seat_count = fields.IntField()
    total_count = fields.IntField()
    content_hash = fields.CharField(max_length=64, db_index=True)
    document = fields.TextField()
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    venue_id: UUID

    class Meta:
        table = "seating_plan"
        unique_together = (("venue", "version"),)
