"""Letting in by rank: one short transaction a second for each open queue, on whichever node."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.catalogue.availability import SeatCounts, seat_counts
from bigcat_graphql.catalogue.status import STATUS_NOW
from bigcat_graphql.onsale import rules
from bigcat_graphql.onsale.counting import count_line
from bigcat_graphql.onsale.rules import Crowd
from bigcat_graphql.settings import get_settings

_LOG = structlog.get_logger()
# Whoever was not seen for so long is passed over; presence is written every 10 seconds.
AWAY_SECONDS = 45
# Let in and nowhere to be found: the place is the next one's.
_UNCLAIMED_SECONDS = 90
# Any node may tick as often as it likes: a queue moves once a second.
_TICK_SECONDS = 0.9
_LOOKED_AT_EXTRA = 50

_OPEN = f"""
SELECT q.concert_id FROM sale_queue q JOIN concert c ON c.id = q.concert_id
WHERE q.ended_at IS NULL AND q.drawn_at IS NOT NULL AND {STATUS_NOW} = 'ON_SALE'
"""

# No leader: whoever has the row moves the queue; the others wait a moment, and see that it has just
# moved. To skip a locked row would be to stand still while many join: they hold it nearly always.
_LOCK = """
SELECT q.*, coalesce(extract(epoch FROM now() - q.ticked_at), 1)::float8 AS seconds,
       greatest(extract(epoch FROM now() - q.drawn_at), 1)::float8 AS open_seconds
FROM sale_queue q
WHERE q.concert_id = $1 AND q.ended_at IS NULL AND q.drawn_at IS NOT NULL
  AND (q.ticked_at IS NULL OR q.ticked_at <= now() - make_interval(secs => $2))
FOR NO KEY UPDATE
"""

# Sessions that are over: who has bought, whose time is over and who is not paying just now, and
# who never came. A purchase counts from the moment of being let in; an offer of the waiting list,
# which is good for hours, keeps no session open.
_END_SESSIONS = """
WITH now_in AS (
  SELECT e.account_id,
         (SELECT count(*) FROM booking b
          JOIN ticket t ON t.concert_id = b.concert_id AND t.booking_id = b.id
          WHERE b.concert_id = e.concert_id AND b.account_id = e.account_id
            AND b.status = 'CONFIRMED' AND b.created_at >= e.admitted_at) AS tickets,
         e.admitted_until <= now() AND NOT EXISTS (
           SELECT FROM booking b
           WHERE b.concert_id = e.concert_id AND b.account_id = e.account_id
             AND b.status = 'PENDING' AND b.reserved_until > now()
            AND NOT b.is_offer) AS is_over,
         e.claimed_at IS NULL AND e.seen_at < now() - make_interval(secs => $2)
           AND e.admitted_at < now() - make_interval(secs => $2) AS is_lost
  FROM queue_entry e WHERE e.concert_id = $1 AND e.status = 'ADMITTED'
), ended AS (
  UPDATE queue_entry e
  SET status = CASE WHEN n.tickets > 0 THEN 'DONE' ELSE 'EXPIRED' END, changed_at = now()
  FROM now_in n
  WHERE e.concert_id = $1 AND e.account_id = n.account_id AND e.status = 'ADMITTED'
    AND (n.tickets > 0 OR n.is_over OR n.is_lost)
  RETURNING n.tickets
)
SELECT (SELECT count(*) FROM ended)::int AS ended,
       (SELECT count(*) FROM ended WHERE tickets > 0)::int AS bought,
       (SELECT coalesce(sum(tickets), 0) FROM ended)::int AS tickets,
       (SELECT count(*) FROM now_in)::int AS admitted
"""

# The next in line, present or not.
_NEXT = """
SELECT e.account_id, e.rank, e.seen_at >= now() - make_interval(secs => $3) AS is_here
FROM queue_entry e
WHERE e.concert_id = $1 AND e.status = 'WAITING' AND NOT e.is_away
ORDER BY e.rank LIMIT $2
FOR NO KEY UPDATE
"""
_LET_IN = """
UPDATE queue_entry e
SET status = 'ADMITTED', admitted_at = now(), admitted_until = now() + $3::interval,
    claimed_at = NULL, changed_at = now()
WHERE e.concert_id = $1 AND e.account_id = ANY($2::uuid[])
"""
# They keep their rank, and are the next to be let in once they are back.
_SKIP = """
UPDATE queue_entry e SET is_away = TRUE
WHERE e.concert_id = $1 AND e.account_id = ANY($2::uuid[])
"""

_MOVE = """
UPDATE sale_queue
SET head_rank = $2, waiting_count = $3, admitted_per_minute = $4, head_per_minute = $5,
    sessions_ended = sessions_ended + $6, sessions_bought = sessions_bought + $7,
    tickets_bought = tickets_bought + $8, ticked_at = now(), waiting_drawn = $9,
    counted_rank = next_rank - 1, admitted_count = $10, session_seconds = session_seconds + $11,
    present_share = $12, leaving_per_minute = $13
WHERE concert_id = $1
"""


class _Moved(NamedTuple):
    """How many are in now, how many were passed over, and the highest rank that was looked at."""

    let_in: int
    passed_over: int
    head: int


class _Sessions(NamedTuple):
    """How many came to their end since the last tick, how many of them bought, and how much."""

    ended: int
    bought: int
    tickets: int


async def move_queues() -> int:
    """Let in whoever is next, wherever a queue is open and has not moved for a second.

    Returns:
        How many were let in.
    """
    rows = await database.fetch_all(_OPEN)
    return sum([await _try_to_move(row["concert_id"]) for row in rows])


async def _try_to_move(concert_id: UUID) -> int:
    try:
        return await _move(concert_id)
    except Exception as error:  # noqa: BLE001 - the other queues must move all the same
        _LOG.warning("queue_stands_still", concert=str(concert_id), error=repr(error))
        return 0


async def _move(concert_id: UUID) -> int:
    # Outside the lock, and as of a second ago: what matters is how many, not which.
    counts = await seat_counts([concert_id])
    seats_left = counts.get(concert_id, SeatCounts()).available

    async def work() -> int:
        queue = await database.fetch_one(_LOCK, concert_id, _TICK_SECONDS)
        if queue is None:
            return 0  # another node has just moved it
        ended = await database.fetch_one(_END_SESSIONS, concert_id, float(_UNCLAIMED_SECONDS))
        if ended is None:
            raise LookupError(concert_id)
        sessions, inside = _seen_sessions(queue, ended), ended["admitted"] - ended["ended"]
        wanted = _count_admissions(queue, sessions, inside=inside, seats_left=seats_left)
        moved = await _let_in(concert_id, wanted, queue["head_rank"])
        await _write_down(queue, sessions, moved, inside=inside + moved.let_in)
        return moved.let_in

    return await database.run_transaction(work)


def _seen_sessions(queue: Record, ended: Record) -> _Sessions:
    # Who was in at the last tick and is so no more has left of their own accord.
    left = max(0, queue["admitted_count"] - ended["admitted"])
    return _Sessions(ended["ended"] + left, ended["bought"], ended["tickets"])


def _count_admissions(queue: Record, sessions: _Sessions, *, inside: int, seats_left: int) -> int:
    settings = get_settings()
    crowd = Crowd(
        seats_left=seats_left,
        admitted=inside,
        sessions_ended=queue["sessions_ended"] + sessions.ended,
        sessions_bought=queue["sessions_bought"] + sessions.bought,
        tickets_bought=queue["tickets_bought"] + sessions.tickets,
    )
    return rules.count_admissions(
        crowd,
        seconds=queue["seconds"],
        open_seconds=queue["open_seconds"],
        per_second_max=settings.queue_admissions_per_second,
        admitted_max=settings.queue_admitted_max,
    )


async def _let_in(concert_id: UUID, wanted: int, head: int) -> _Moved:
    """Let in the next who are here, and pass over who is not, until enough are in."""
    session = timedelta(seconds=get_settings().queue_session_seconds)
    left, passed_over = wanted, 0
    while left > 0:
        limit = left + _LOOKED_AT_EXTRA
        line = await database.fetch_all(_NEXT, concert_id, limit, float(AWAY_SECONDS))
        here = [row for row in line if row["is_here"]][:left]
        # Whoever stands behind the last one let in was not passed over.
        last = here[-1]["rank"] if len(here) == left else float("inf")
        away = [row for row in line if not row["is_here"] and row["rank"] < last]
        await database.execute(_LET_IN, concert_id, [row["account_id"] for row in here], session)
        await database.execute(_SKIP, concert_id, [row["account_id"] for row in away])
        head = max([head, *(row["rank"] for row in (*here, *away))])
        left -= len(here)
        passed_over += len(away)
        if len(line) < limit:
            break
    return _Moved(wanted - left, passed_over, head)


async def _write_down(queue: Record, sessions: _Sessions, moved: _Moved, *, inside: int) -> None:
    line = await count_line(queue, moved.let_in + moved.passed_over)
    await database.execute(
        _MOVE,
        queue["concert_id"],
        moved.head,
        line.waiting,
        _follow_rate(queue, "admitted_per_minute", moved.let_in),
        _follow_rate(queue, "head_per_minute", moved.head - queue["head_rank"]),
        *sessions,
        line.drawn,
        inside,
        queue["admitted_count"] * queue["seconds"],
        rules.follow_presence(queue["present_share"], moved.let_in, moved.passed_over),
        line.leaving_per_minute,
    )


def _follow_rate(queue: Record, name: str, count: int) -> float:
    return rules.follow_rate(
        queue[name], count, seconds=queue["seconds"], open_seconds=queue["open_seconds"]
    )
