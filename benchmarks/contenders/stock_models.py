"""The tables as the stock contender's Tortoise models see them: what it needs, no more."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class Venue(Model):
    """A place."""

    id: UUID = fields.UUIDField(primary_key=True)
    name = fields.TextField()
    city = fields.TextField()
    city_folded = fields.TextField()

    class Meta:
        table = "venue"


class Concert(Model):
    """An evening."""

    id: UUID = fields.UUIDField(primary_key=True)
    venue: fields.ForeignKeyRelation[Venue] = fields.ForeignKeyField("models.Venue")
    name = fields.TextField()
    artists: list[str] = ArrayField("text")
    artists_folded = fields.TextField()
    starts_at: datetime = fields.DatetimeField()
    status = fields.CharField(max_length=10)

    class Meta:
        table = "concert"


class PriceTier(Model):
    """A price."""

    id: UUID = fields.UUIDField(primary_key=True)
    concert_id: UUID = fields.UUIDField()
    code = fields.CharField(max_length=1)
    price_minor: int = fields.BigIntField()
    currency = fields.CharField(max_length=3)

    class Meta:
        table = "price_tier"


class Seat(Model):
    """A seat; its key is really (concert_id, index)."""

    index = fields.IntField(primary_key=True, generated=False)
    concert_id: UUID = fields.UUIDField()
    tier_code = fields.CharField(max_length=1)
    status = fields.CharField(max_length=1)
    booking_id: UUID | None = fields.UUIDField(null=True)
    price_minor: int | None = fields.BigIntField(null=True)
    reserved_until: datetime | None = fields.DatetimeField(null=True)
    version = fields.IntField()

    class Meta:
        table = "seat"


class Booking(Model):
    """A booking."""

    id: UUID = fields.UUIDField(primary_key=True)
    concert_id: UUID = fields.UUIDField()
    account_id: UUID = fields.UUIDField()
    reference = fields.CharField(max_length=16)
    status = fields.CharField(max_length=9)
    version = fields.IntField()
    total_minor: int = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    seat_count = fields.IntField()
    created_at: datetime = fields.DatetimeField()
    reserved_until: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "booking"
