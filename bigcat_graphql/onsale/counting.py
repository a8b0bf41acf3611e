"""How many wait in a line, and how many leave it: counted, and followed in between."""

from typing import NamedTuple

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.onsale import rules

# A line as long as this is counted every few seconds only: that takes longer than all the rest of
# a tick, while those who join wait for it.
_LONG = 5_000
_COUNT_SECONDS = 10.0

_COUNT = """
SELECT count(*)::int AS waiting, count(*) FILTER (WHERE e.rank <= $2)::int AS drawn
FROM queue_entry e
WHERE e.concert_id = $1 AND e.status = 'WAITING' AND NOT e.is_away
"""


class Counted(NamedTuple):
    """How many wait, how many of them were in the draw, and which part leaves in a minute."""

    waiting: int
    drawn: int
    leaving_per_minute: float


async def count_line(queue: Record, served: int) -> Counted:
    """Count who waits, after so many were let in or passed over in this tick."""
    foreseen = _foresee(queue, served)
    first = queue["ticked_at"] is None
    if not first and foreseen.waiting > _LONG and not _is_due(queue):
        return foreseen
    row = await database.fetch_one(_COUNT, queue["concert_id"], queue["entry_count"])
    if row is None:
        raise LookupError(queue["concert_id"])
    # Who was not there when it opened did not leave just now.
    leaving = foreseen.leaving_per_minute if first else _follow(queue, foreseen, row["waiting"])
    return Counted(row["waiting"], row["drawn"], leaving)


def _foresee(queue: Record, served: int) -> Counted:
    """Go on from the last tick as if nobody had left: those of the draw are served first."""
    joined = queue["next_rank"] - 1 - queue["counted_rank"]
    return Counted(
        max(0, queue["waiting_count"] + joined - served),
        max(0, queue["waiting_drawn"] - served),
        queue["leaving_per_minute"],
    )


def _is_due(queue: Record) -> bool:
    """Say whether the line is to be counted now: the clock is the queue's, whoever ticks."""
    now, before = queue["open_seconds"], queue["open_seconds"] - queue["seconds"]
    return bool(now // _COUNT_SECONDS != before // _COUNT_SECONDS)


def _follow(queue: Record, foreseen: Counted, waiting: int) -> float:
    seconds = queue["seconds"]
    if foreseen.waiting > _LONG:
        seconds = max(seconds, min(_COUNT_SECONDS, queue["open_seconds"]))
    return rules.follow_leaving(
        foreseen.leaving_per_minute,
        foreseen.waiting - waiting,
        foreseen.waiting,
        seconds=seconds,
        open_seconds=queue["open_seconds"],
    )
