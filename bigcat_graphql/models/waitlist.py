"""Places in line for sold-out concerts, and what is kept for them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from bigcat_graphql.ids import new_id
from bigcat_graphql.models.venue import SeatType


class WaitlistStatus(StrEnum):
    """Where a place on a waiting list stands.

    CLAIMED, DECLINED and EXPIRED are never stored: the booking that was offered says so.
    """

    WAITING = "WAITING"
    OFFERED = "OFFERED"
    CLAIMED = "CLAIMED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    LEFT = "LEFT"


class Waitlist(Model):
    """A concert's waiting list: its row is what all who give out freed seats wait for.

    `has_waiting` keeps seats whose time is over from the public until the list has seen them.
    """

    concert_id: UUID = fields.UUIDField(primary_key=True)
    has_waiting = fields.BooleanField()

    class Meta:
        table = "waitlist"


class WaitlistEntry(Model):
    """Somebody's place in line; never deleted.

    A partial unique index allows one WAITING entry an account and concert. An OFFERED one has the
    PENDING booking that was made for it. Its real key is (concert_id, id).
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert_id: UUID = fields.UUIDField()
    account_id: UUID = fields.UUIDField()
    status = fields.CharEnumField(WaitlistStatus, max_length=8)
    quantity = fields.IntField()
    together = fields.BooleanField()
    accessible = fields.BooleanField()
    max_price_minor: int | None = fields.BigIntField(null=True)
    seat_types: list[str] | None = ArrayField("text", null=True)
    section_keys: list[str] | None = ArrayField("text", null=True)
    times_passed_over = fields.IntField(default=0, db_default=0)
    booking_id: UUID | None = fields.UUIDField(null=True)
    created_at: datetime = fields.DatetimeField()

    # As of when it was read, see waitlist.entries.
    status_now: WaitlistStatus
    position: int | None
    currency: str | None

    class Meta:
        table = "waitlist_entry"

    @property
    def types(self) -> tuple[SeatType, ...] | None:
        """The seat types that will do; None means any."""
        return None if self.seat_types is None else tuple(SeatType(one) for one in self.seat_types)


class GatheredSeat(Model):
    """A BLOCKED seat that is kept until more seats are freed for a group that waited long."""

    index = fields.IntField(primary_key=True, generated=False)
    concert_id: UUID = fields.UUIDField()
    entry_id: UUID = fields.UUIDField()
    gathered_until: datetime = fields.DatetimeField()

    class Meta:
        table = "gathered_seat"
