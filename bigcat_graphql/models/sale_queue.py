"""The waiting room in front of a sale, and everybody's place in it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model


class QueuePhase(StrEnum):
    """Where a sale queue stands; derived from its times, never stored."""

    PREQUEUE = "PREQUEUE"
    DRAWING = "DRAWING"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class SaleQueue(Model):
    """A concert's sale queue: at most one, made before its sale opens.

    `id` is the sale's id in the draw. `lobby_closed_at` fixes who is drawn, `drawn_at` begins the
    letting in, `ended_at` ends the queue. `next_rank` is the place of the next who joins late;
    `head_rank` only grows. The counts of ended sessions and of what they bought say how many to
    let in.

    What the wait is told from is as of the last tick: how many wait, up to `counted_rank`, and how
    many of them were in the draw; how many are in, and the seconds that all have been in together;
    which part of those whose turn comes is there, and which part of the line leaves in a minute.
    """

    concert_id: UUID = fields.UUIDField(primary_key=True)
    id: UUID = fields.UUIDField(unique=True)
    commitment: bytes = fields.BinaryField()
    seed: bytes = fields.BinaryField()
    created_at: datetime = fields.DatetimeField()
    lobby_closed_at: datetime | None = fields.DatetimeField(null=True)
    entries_root: bytes | None = fields.BinaryField(null=True)
    entry_count: int | None = fields.IntField(null=True)
    beacon: dict[str, Any] | None = fields.JSONField(null=True)
    drawn_at: datetime | None = fields.DatetimeField(null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)

    next_rank = fields.IntField(default=1, db_default=1)
    head_rank = fields.IntField(default=0, db_default=0)
    waiting_count = fields.IntField(default=0, db_default=0)
    admitted_per_minute: float = fields.FloatField(default=0.0, db_default=0.0)
    head_per_minute: float = fields.FloatField(default=0.0, db_default=0.0)
    sessions_ended = fields.IntField(default=0, db_default=0)
    sessions_bought = fields.IntField(default=0, db_default=0)
    tickets_bought = fields.IntField(default=0, db_default=0)
    waiting_drawn = fields.IntField(default=0, db_default=0)
    counted_rank = fields.IntField(default=0, db_default=0)
    admitted_count = fields.IntField(default=0, db_default=0)
    session_seconds: float = fields.FloatField(default=0.0, db_default=0.0)
    present_share: float = fields.FloatField(default=1.0, db_default=1.0)
    leaving_per_minute: float = fields.FloatField(default=0.0, db_default=0.0)
    ticked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "sale_queue"


class QueueEntryStatus(StrEnum):
    """Where a place in a sale queue stands."""

    PREQUEUE = "PREQUEUE"
    WAITING = "WAITING"
    ADMITTED = "ADMITTED"
    DONE = "DONE"
    EXPIRED = "EXPIRED"
    LEFT = "LEFT"


class QueueEntry(Model):
    """An account's one place in a concert's sale queue; never deleted.

    Its real key is (concert_id, account_id). `id` is random, and the receipt in the draw; `rank`
    is the place in line. `seen_at` is written now and then while the account is present;
    `is_away` takes a place out of the line until its owner comes back. `changed_at` is when the
    owner was last to be told something, other than by the draw.
    """

    id: UUID = fields.UUIDField(primary_key=True)
    concert_id: UUID = fields.UUIDField()
    account_id: UUID = fields.UUIDField()
    nonce_digest: bytes = fields.BinaryField()
    status = fields.CharEnumField(QueueEntryStatus, max_length=8)
    rank: int | None = fields.IntField(null=True)
    is_away = fields.BooleanField(default=False, db_default=False)
    joined_at: datetime = fields.DatetimeField()
    seen_at: datetime = fields.DatetimeField()
    admitted_at: datetime | None = fields.DatetimeField(null=True)
    admitted_until: datetime | None = fields.DatetimeField(null=True)
    claimed_at: datetime | None = fields.DatetimeField(null=True)
    changed_at: datetime = fields.DatetimeField()

    class Meta:
        table = "queue_entry"


class SaleLobby(Model):
    """Who takes part in a draw: written when the lobby closes, and never changed.

    `entrants` is what the entries root is the digest of: 48 bytes each, id and digest of the
    nonce, by id.
    """

    concert_id: UUID = fields.UUIDField(primary_key=True)
    entrants: bytes = fields.BinaryField()

    class Meta:
        table = "sale_lobby"
