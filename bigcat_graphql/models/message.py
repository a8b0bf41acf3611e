"""What was said to people, each thing once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from bigcat_graphql.ids import new_id


class Channel(StrEnum):
    """How a message goes out."""

    MAIL = "MAIL"
    SMS = "SMS"


class Message(Model):
    """One message; about a booking unless its kind says else, by kind, cause and channel unique.

    `cause` tells two messages of one kind apart: a refund, a first cancelled ticket. Whoever sends
    it has `sending_until`; `content` is kept for the mailbox of the demo only.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    concert_id: UUID | None = fields.UUIDField(null=True)
    booking_id: UUID | None = fields.UUIDField(null=True)
    kind = fields.CharField(max_length=20)
    cause = fields.CharField(max_length=36)
    channel = fields.CharEnumField(Channel, max_length=4)
    recipient = fields.CharField(max_length=320)
    subject = fields.CharField(max_length=998)
    content: bytes | None = fields.BinaryField(null=True)
    created_at: datetime = fields.DatetimeField()
    sending_until: datetime | None = fields.DatetimeField(null=True)
    sent_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "message"
