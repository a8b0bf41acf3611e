"""The keys that sign ticket codes."""

from __future__ import annotations

from datetime import datetime

from tortoise import fields
from tortoise.models import Model


class TicketKey(Model):
    """An Ed25519 key; the highest number signs, all of them verify, so none is ever deleted.

    It lives in the database and not in the settings: a ticket printed today is scanned in a year,
    whatever became of the environment meanwhile.
    """

    number = fields.IntField(primary_key=True, generated=False)
    private_key: bytes = fields.BinaryField()
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "ticket_key"
