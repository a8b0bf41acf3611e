"""What was sent and what is being sent: a row for each message makes it one message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Channel
from bigcat_graphql.notifications.stories import Topic

# Longer than a mail takes to be handed in, see post.py: whoever claimed it has died.
CLAIM_SECONDS = 120.0

_IS_SENT = """
SELECT sent_at IS NOT NULL FROM message
WHERE concert_id = $1 AND booking_id = $2 AND kind = $3 AND cause = $4 AND channel = $5
"""
# Of two that bring the same message one gets a row back; the condition is the whole guard.
_CLAIM = """
INSERT INTO message (id, concert_id, booking_id, kind, cause, channel, recipient, subject,
                     created_at, sending_until)
VALUES ($6, $1, $2, $3, $4, $5, $7, '', now(), now() + make_interval(secs => $8))
ON CONFLICT (concert_id, booking_id, kind, cause, channel) DO UPDATE
SET recipient = EXCLUDED.recipient, sending_until = EXCLUDED.sending_until
WHERE message.sent_at IS NULL
  AND (message.sending_until IS NULL OR message.sending_until <= now())
RETURNING id
"""
_GIVE_UP = "UPDATE message SET sending_until = NULL WHERE id = $1 AND sent_at IS NULL"
_NOTE_SENT = """
UPDATE message SET sent_at = now(), sending_until = NULL, subject = $2, content = $3 WHERE id = $1
"""

_KEEP = """
INSERT INTO message (id, kind, cause, channel, recipient, subject, content, created_at, sent_at)
VALUES ($1, $2, '', 'MAIL', $3, $4, $5, now(), now())
"""

_KEPT_MAX = 200
_FORGET_CONTENT = """
UPDATE message SET content = NULL WHERE content IS NOT NULL AND id <= (
    SELECT id FROM message WHERE content IS NOT NULL ORDER BY id DESC OFFSET $1 LIMIT 1)
"""
_KEPT = """
SELECT id, recipient, subject, channel, sent_at FROM message
WHERE content IS NOT NULL AND sent_at IS NOT NULL ORDER BY sent_at DESC, id DESC LIMIT $1
"""
_CONTENT = "SELECT content FROM message WHERE id = $1 AND content IS NOT NULL"


class StillSending(Exception):
    """Somebody else is sending this message, or died of it a moment ago."""


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail in the mailbox."""

    id: UUID
    recipient: str
    subject: str
    channel: Channel
    sent_at: datetime


async def is_sent(topic: Topic, channel: Channel) -> bool:
    """Tell whether a message has gone out."""
    row = await database.fetch_one(_IS_SENT, *_name(topic, channel))
    return row is not None and bool(row[0])


async def claim(
    topic: Topic, channel: Channel, *, recipient: str, claim_seconds: float
) -> UUID | None:
    """Take it upon this process to send a message; None when it has gone out.

    Returns:
        The message's id, the same each time.

    Raises:
        StillSending: somebody else has taken it.
    """
    row = await database.fetch_one(
        _CLAIM, *_name(topic, channel), new_id(), recipient, claim_seconds
    )
    if row is not None:
        return UUID(str(row["id"]))
    if await is_sent(topic, channel):
        return None
    raise StillSending


async def give_up(message_id: UUID) -> None:
    """Say that a message did not go out, for certain: another may try at once."""
    await database.execute(_GIVE_UP, message_id)


async def note_sent(message_id: UUID, *, subject: str, content: bytes | None = None) -> None:
    """Say that a message went out, and keep it for the mailbox when there is one."""
    await database.execute(_NOTE_SENT, message_id, subject, content)
    if content is not None:
        await database.execute(_FORGET_CONTENT, _KEPT_MAX)


async def keep_mail(
    message_id: UUID, *, kind: str, recipient: str, subject: str, content: bytes
) -> None:
    """Keep a mail that is about no booking for the mailbox."""
    await database.execute(_KEEP, message_id, kind, recipient, subject, content)
    await database.execute(_FORGET_CONTENT, _KEPT_MAX)


async def kept_mails(limit: int = 100) -> Sequence[KeptMail]:
    """List what the mailbox has, the newest first."""
    rows = await database.fetch_all(_KEPT, limit)
    return [
        KeptMail(
            row["id"], row["recipient"], row["subject"], Channel(row["channel"]), row["sent_at"]
        )
        for row in rows
    ]


async def kept_content(message_id: UUID) -> bytes | None:
    """Read a mail of the mailbox as it was sent."""
    row = await database.fetch_one(_CONTENT, message_id)
    return row["content"] if row else None


def _name(topic: Topic, channel: Channel) -> tuple[object, ...]:
    key = topic.booking
    return key.concert_id, key.booking_id, topic.kind.value, topic.cause, channel.value
