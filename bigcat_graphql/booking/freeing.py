"""Seats that are freed go first to whom a higher room knows to wait for them."""

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking.events import Event

HandOut = Callable[[UUID], Awaitable[list[Event]]]

# In the order of the keys, as all who lock lists of several concerts do.
_WAITED_FOR = """
SELECT concert_id FROM waitlist
WHERE concert_id = ANY($1::uuid[]) AND has_waiting ORDER BY concert_id
"""


async def _to_nobody(_: UUID) -> list[Event]:
    return []


_hand_out: HandOut = _to_nobody


def put_first(hand_out: HandOut) -> None:
    """Have concerts handed over in the transaction that frees seats of them.

    The room takes what it wants of the free seats and says what to tell after the commit. To be
    put first once a process, at start-up.
    """
    global _hand_out  # noqa: PLW0603 - one process, one waiting list
    _hand_out = hand_out


async def hand_out_freed(concert_ids: Iterable[UUID]) -> list[Event]:
    """Let whoever waits for seats of these concerts have them, inside the caller's transaction."""
    rows = await database.fetch_all(_WAITED_FOR, list(set(concert_ids)))
    events: list[Event] = []
    for row in rows:
        events += await _hand_out(row["concert_id"])
    return events
