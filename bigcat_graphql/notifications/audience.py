"""Telling everybody who has tickets of a concert: batch by batch, resumed where it stopped."""

from uuid import UUID

from bigcat_graphql import database, jobs
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.notifications.occasions import announce
from bigcat_graphql.notifications.stories import Kind, Topic

AUDIENCE = "message.audience"
_BATCH = 500
_FIRST = UUID(int=0)

# Those who had tickets when it was cancelled are told, whatever has become of their bookings since.
_NEXT = """
SELECT id FROM booking b
WHERE concert_id = $1 AND id > $2 AND EXISTS (
    SELECT FROM ticket t WHERE t.concert_id = b.concert_id AND t.booking_id = b.id
      AND (t.status <> 'CANCELLED' OR b.end_reason = 'CONCERT_CANCELLED'))
ORDER BY id LIMIT $3
"""


async def tell_audience(concert_id: UUID, kind: Kind, cause: str) -> None:
    """Tell all who have tickets that their concert is cancelled or has a new date.

    To be called in the transaction that cancels or moves it. The same cause, such as the new
    date's, reaches nobody twice.
    """
    await jobs.enqueue(AUDIENCE, _ticket(concert_id, kind, cause, _FIRST))


async def tell_next(payload: jobs.Payload) -> None:
    """Tell the next few hundred, and leave a job for those who follow them, in one transaction."""
    concert_id, kind = UUID(str(payload["concert"])), Kind(str(payload["kind"]))
    cause, after = str(payload["cause"]), UUID(str(payload["after"]))

    async def work() -> None:
        rows = await database.fetch_all(_NEXT, concert_id, after, _BATCH)
        keys = [BookingKey(concert_id, row["id"]) for row in rows]
        await announce(Topic(kind, key, cause) for key in keys)
        if len(rows) == _BATCH:
            await jobs.enqueue(AUDIENCE, _ticket(concert_id, kind, cause, rows[-1]["id"]))

    await database.run_transaction(work)


def _ticket(concert_id: UUID, kind: Kind, cause: str, after: UUID) -> dict[str, str]:
    return {
        "concert": str(concert_id),
        "kind": kind.value,
        "cause": cause,
        "after": str(after),
    }
