"""What one buyer takes of one concert, its tickets, and the keys that make a repeat harmless."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault
from tortoise.models import Model

from bigcat_graphql.ids import new_id
from bigcat_graphql.models.concert import FULL_REFUND, FULL_REFUND_SQL
from bigcat_graphql.money import Money


class BookingStatus(StrEnum):
    """Where a booking stands; a PENDING one is the hold on its seats."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class BookingEndReason(StrEnum):
    """Why a booking ended."""

    BUYER = "BUYER"
    ORGANIZER = "ORGANIZER"
    TIME_OVER = "TIME_OVER"
    SEATS_LOST = "SEATS_LOST"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    CONCERT_CANCELLED = "CONCERT_CANCELLED"


class Booking(Model):
    """A buyer's seats of one concert; never deleted.

    `reserved_until` is set while PENDING; once it has passed the booking counts as EXPIRED,
    whether or not the sweeper has written that. `seat_count` is how many seats it needs to be
    confirmed whole. `seat_seconds_changed` is by how much seats that came later or went earlier
    make the seat-seconds it kept more than `seat_count` times its age. `refund_steps` are those of
    its concert when it was made; `grace_given` says whether a declined payment has given it more
    time, which happens once. Its key is (concert_id, id).
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert_id: UUID = fields.UUIDField()
    account_id: UUID = fields.UUIDField()
    reference = fields.CharField(max_length=16)
    status = fields.CharEnumField(BookingStatus, max_length=9)
    version = fields.IntField(default=1)
    total_minor: int = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    seat_count = fields.IntField()
    seat_seconds_changed: int = fields.BigIntField(default=0, db_default=0)
    created_at: datetime = fields.DatetimeField()
    reserved_until: datetime | None = fields.DatetimeField(null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)
    end_reason = fields.CharEnumField(BookingEndReason, max_length=17, null=True)
    refund_steps: list[dict[str, int]] = fields.JSONField(
        default=lambda: list(FULL_REFUND), db_default=SqlDefault(FULL_REFUND_SQL)
    )
    grace_given = fields.BooleanField(default=False, db_default=False)
    is_offer = fields.BooleanField(default=False, db_default=False)

    # As of the database's clock when it was read, see booking.lookup.
    status_now: BookingStatus
    seconds_left: int | None
    extendable_until: datetime | None
    cancellable_until: datetime | None

    class Meta:
        table = "booking"

    @property
    def end_reason_now(self) -> BookingEndReason | None:
        """Why it ended; its time may be over before the sweeper has written that."""
        if self.end_reason is None and self.status_now is BookingStatus.EXPIRED:
            return BookingEndReason.TIME_OVER
        return self.end_reason

    @property
    def total(self) -> Money:
        """The price of everything it has or had."""
        return Money(self.total_minor, self.currency)


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    ISSUED = "ISSUED"
    CHECKED_IN = "CHECKED_IN"
    CANCELLED = "CANCELLED"


class Ticket(Model):
    """One admission of a confirmed booking.

    `kept_minor` is what was not given back of a cancelled one. A partial unique index allows one
    ISSUED or CHECKED_IN ticket a seat: the second barrier against two owners. Its key is
    (concert_id, id). `code` is a secret of its own, of which
    `booking.ticket_codes` makes the code that is shown.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert_id: UUID = fields.UUIDField()
    booking_id: UUID = fields.UUIDField()
    seat_index = fields.IntField()
    status = fields.CharEnumField(TicketStatus, max_length=10)
    code = fields.CharField(max_length=64)
    price_minor: int = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    issued_at: datetime = fields.DatetimeField()
    checked_in_at: datetime | None = fields.DatetimeField(null=True)
    cancelled_at: datetime | None = fields.DatetimeField(null=True)
    kept_minor: int = fields.BigIntField(default=0, db_default=0)

    class Meta:
        table = "ticket"

    @property
    def price(self) -> Money:
        """What it cost, fees and tax included."""
        return Money(self.price_minor, self.currency)


class IdempotencyKey(Model):
    """The outcome of a mutation under its key.

    `outcome` names what the verb made, `{"booking": …}`, or the refusal it raised, `{"error": …}`.
    Its key is (account_id, mutation, key).
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    account_id: UUID = fields.UUIDField()
    mutation = fields.CharField(max_length=40)
    key = fields.CharField(max_length=64)
    request_hash = fields.CharField(max_length=64)
    outcome: dict[str, Any] | None = fields.JSONField(null=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "idempotency_key"
        unique_together = (("account_id", "mutation", "key"),)
