"""One attempt to pay one booking."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
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

    A partial unique index allows one live attempt (CREATED, REQUIRES_ACTION, AUTHORIZED) a
    booking. Its key is (concert_id, id).
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert_id: UUID = fields.UUIDField()
    booking_id: UUID = fields.UUIDField()
    status = fields.CharEnumField(PaymentStatus, max_length=18)
    amount_minor: int = fields.BigIntField()
    refunded_minor: int = fields.BigIntField(default=0)
    currency = fields.CharField(max_length=3)
    provider = fields.CharField(max_length=20)
    payment_method = fields.CharField(max_length=200, null=True)
    provider_reference = fields.CharField(max_length=200, null=True)
    client_secret = fields.CharField(max_length=200, null=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payment"

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.amount_minor, self.currency)
