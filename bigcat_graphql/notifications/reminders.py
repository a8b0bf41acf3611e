"""Telling those whose reservation is over soon, once, while there is still time to pay."""

import asyncio

import structlog

from bigcat_graphql import database
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.notifications.occasions import announce
from bigcat_graphql.notifications.stories import Kind, Topic

_LOG = structlog.get_logger()

# A mail takes a while to be seen, and nobody needs one about what they began three minutes ago.
_SOONEST_SECONDS, _LATEST_SECONDS = 60.0, 180.0
_OLD_ENOUGH_SECONDS = 240.0
_EVERY_SECONDS = 20.0
_BATCH = 500

# The message itself says that it is on its way, so that any number of nodes may look. Who is
# paying at the moment needs no reminder.
_REMIND = """
INSERT INTO message (id, concert_id, booking_id, kind, cause, channel, recipient, subject,
                     created_at)
SELECT gen_random_uuid(), b.concert_id, b.id, 'expires-soon', '', 'MAIL', '', '', now()
FROM booking b
WHERE b.status = 'PENDING' AND b.total_minor > 0
  AND b.reserved_until > now() + make_interval(secs => $1)
  AND b.reserved_until <= now() + make_interval(secs => $2)
  AND b.created_at <= now() - make_interval(secs => $3)
  AND NOT EXISTS (
      SELECT FROM payment p WHERE p.concert_id = b.concert_id AND p.booking_id = b.id
        AND p.status NOT IN ('FAILED', 'VOIDED'))
ORDER BY b.reserved_until LIMIT $4
ON CONFLICT (concert_id, booking_id, kind, cause, channel) DO NOTHING
RETURNING concert_id, booking_id
"""


async def remind() -> int:
    """Remind those who have one to three minutes left, each booking once; any number may call.

    Returns:
        How many are reminded.
    """

    async def work() -> int:
        rows = await database.fetch_all(
            _REMIND, _SOONEST_SECONDS, _LATEST_SECONDS, _OLD_ENOUGH_SECONDS, _BATCH
        )
        keys = [BookingKey(row["concert_id"], row["booking_id"]) for row in rows]
        await announce(Topic(Kind.EXPIRES_SOON, key) for key in keys)
        return len(rows)

    return await database.run_transaction(work)


async def remind_for_ever() -> None:
    """Look every 20 seconds; errors are logged, and the next round looks again."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            await remind()
        except Exception as error:  # noqa: BLE001 - a loop that died would remind nobody any more
            _LOG.warning("reminding_failed", error=str(error))
