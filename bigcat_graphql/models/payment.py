"""Attempts to pay bookings, and what goes back of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from bigcat_graphql.ids import new_id
from bigcat_graphql.money import Money


class PaymentStatus(StrEnum):
    """Where an attempt to pay stands."""

    CREATED = "CREATED"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"
    VOIDED = "VOIDED"
    DISPUTED = "DISPUTED"
    ORPHANED = "ORPHANED"


# The provider may still answer: a booking has one such attempt at most.
LIVE_STATUSES = (PaymentStatus.CREATED, PaymentStatus.REQUIRES_ACTION, PaymentStatus.AUTHORIZED)


class Payment(Model):
    """An attempt to pay.

    `seat_indexes` and `seat_prices_minor` say what it is for, so that a late one can take the seats
    back. `captured_minor` is what was charged, `refunded_minor` what of it went back, whoever asked
    for that; `ahead_minor` is what went back at the provider while its tickets are still good.
    ORPHANED is money whose booking is gone, until it is let go or given back. While something is
    left to do, `look_at` is when the reconciler asks the provider next; it has asked `looks` times.
    A partial unique index allows one live attempt (CREATED, REQUIRES_ACTION, AUTHORIZED) a booking.
    Its key is (concert_id, id).
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert_id: UUID = fields.UUIDField()
    booking_id: UUID = fields.UUIDField()
    status = fields.CharEnumField(PaymentStatus, max_length=18)
    amount_minor: int = fields.BigIntField()
    captured_minor: int = fields.BigIntField(default=0, db_default=0)
    refunded_minor: int = fields.BigIntField(default=0)
    ahead_minor: int = fields.BigIntField(default=0, db_default=0)
    currency = fields.CharField(max_length=3)
    seat_indexes: list[int] | None = ArrayField("int", null=True)
    seat_prices_minor: list[int] | None = ArrayField("bigint", null=True)
    provider = fields.CharField(max_length=20)
    payment_method = fields.CharField(max_length=200, null=True)
    provider_reference = fields.CharField(max_length=200, null=True)
    client_secret = fields.CharField(max_length=200, null=True)
    decline_code = fields.CharField(max_length=100, null=True)
    created_at: datetime = fields.DatetimeField()
    look_at: datetime | None = fields.DatetimeField(null=True)
    looks = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "payment"

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.amount_minor, self.currency)


class RefundStatus(StrEnum):
    """Where a refund stands."""

    REQUESTED = "REQUESTED"
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class RefundReason(StrEnum):
    """What makes money go back."""

    CANCELLED = "CANCELLED"
    SEATS_LOST = "SEATS_LOST"
    AT_PROVIDER = "AT_PROVIDER"


class Refund(Model):
    """Money on its way back to a buyer, in full view until it has arrived.

    `attempt` counts how often the provider has refused it: each try is another request to it.
    AT_PROVIDER is one that was made there, not here; if it is FAILED, it was undone there. Its key
    is (concert_id, id).
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert_id: UUID = fields.UUIDField()
    booking_id: UUID = fields.UUIDField()
    payment_id: UUID = fields.UUIDField()
    status = fields.CharEnumField(RefundStatus, max_length=9)
    reason = fields.CharEnumField(RefundReason, max_length=11)
    amount_minor: int = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    attempt = fields.IntField(default=0, db_default=0)
    provider_reference = fields.CharField(max_length=200, null=True)
    created_at: datetime = fields.DatetimeField()
    succeeded_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "refund"

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.amount_minor, self.currency)
