"""One sellable unit of one concert: the row that decides who has a seat."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NoReturn
from uuid import UUID

from tortoise import fields
from tortoise.models import Model


class SeatStatus(StrEnum):
    """State of a seat; the value is its letter in `statuses`, and in the table."""

    AVAILABLE = "A"
    RESERVED = "R"
    BOOKED = "B"
    BLOCKED = "X"


class Seat(Model):
    """A seat or general-admission place, with its only owner.

    Its real key is (concert_id, index), made by the migration: Tortoise knows one-column keys
    only, so `index` stands in for it here, and rows are read and changed by statements that say
    `concert_id`, never by `save()`. Section, row and label follow from the index and the
    concert's plan. `price_minor` is what its owner pays, as of the time of booking.

    CHECKs tie the columns together: RESERVED and BOOKED have an owner and a price, the others
    have none; RESERVED alone has a time. "Free" is AVAILABLE, or RESERVED with its time over.
    """

    concert_id: UUID = fields.UUIDField()
    index = fields.IntField(primary_key=True, generated=False)
    tier_code = fields.CharField(max_length=1)
    status = fields.CharEnumField(SeatStatus, max_length=1, default=SeatStatus.AVAILABLE)
    booking_id: UUID | None = fields.UUIDField(null=True)
    price_minor: int | None = fields.BigIntField(null=True)
    reserved_until: datetime | None = fields.DatetimeField(null=True)
    version = fields.IntField(default=0)

    class Meta:
        table = "seat"

    async def save(self, *_: object, **__: object) -> NoReturn:
        """Refuse: it would write to this index of every concert."""
        raise TypeError("seats change by conditional statements, see booking.statements")

    async def delete(self, *_: object, **__: object) -> NoReturn:
        """Refuse: it would delete this index of every concert."""
        raise TypeError("seats are never deleted one by one")
