"""Places in a sale queue, given to many at once: in the lobby, then in line."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.catalogue.status import STATUS_NOW
from bigcat_graphql.errors import Busy, DomainError, NotFound
from bigcat_graphql.models import ConcertStatus, QueueEntry, QueuePhase
from bigcat_graphql.onsale.drawing import IS_DUE, close_lobby
from bigcat_graphql.onsale.entries import ENTRY, entry_of
from bigcat_graphql.onsale.errors import WrongConcertState
from bigcat_graphql.onsale.queues import phase_of

# SHARE in the lobby: many batches may add to it, but none once the draw has closed it, which
# takes NO KEY UPDATE. Later the counter of ranks is what they queue for: the order of joining is
# the order of these locks. Never first the one, then the other: two who share would wait for each
# other for ever.
_LOOK = f"""
SELECT q.*, {STATUS_NOW} AS status_now, {IS_DUE} AS is_due
FROM sale_queue q JOIN concert c ON c.id = q.concert_id
WHERE q.concert_id = $1 AND c.status <> 'DRAFT'
"""
_IN_LOBBY = f"{_LOOK} FOR SHARE OF q"
_IN_LINE = f"{_LOOK} FOR NO KEY UPDATE OF q"

# Joining again is being there. Who had left takes part again, under the same receipt.
_JOIN_LOBBY = f"""
INSERT INTO queue_entry AS e
  (concert_id, account_id, id, nonce_digest, status, joined_at, seen_at, changed_at)
SELECT $1, a.id, j.id, j.nonce_digest, 'PREQUEUE', now(), now(), now()
FROM unnest($2::uuid[], $3::uuid[], $4::bytea[]) AS j (account_id, id, nonce_digest)
JOIN account a ON a.id = j.account_id
ORDER BY a.id
ON CONFLICT (concert_id, account_id) DO UPDATE
SET seen_at = now(), status = 'PREQUEUE', is_away = FALSE,
    -- Where nothing changed, no index is written and nobody is told: some join and join.
    changed_at = CASE WHEN e.status = 'PREQUEUE' THEN e.changed_at ELSE now() END
RETURNING {ENTRY}
"""

# A place whose time is over, or that was given up, is taken anew at the end of the line.
_COME_BACK = f"""
UPDATE queue_entry e SET seen_at = now(), is_away = FALSE
WHERE e.concert_id = $1 AND e.account_id = ANY($2::uuid[])
  AND e.status IN ('PREQUEUE', 'WAITING', 'ADMITTED')
RETURNING {ENTRY}
"""
_JOIN_LINE = f"""
INSERT INTO queue_entry AS e
  (concert_id, account_id, id, nonce_digest, status, rank, joined_at, seen_at, changed_at)
SELECT $1, a.id, j.id, j.nonce_digest, 'WAITING', $5 + j.place - 1, now(), now(), now()
FROM unnest($2::uuid[], $3::uuid[], $4::bytea[])
  WITH ORDINALITY AS j (account_id, id, nonce_digest, place)
JOIN account a ON a.id = j.account_id
ON CONFLICT (concert_id, account_id) DO UPDATE
SET seen_at = now(), status = 'WAITING', rank = EXCLUDED.rank, is_away = FALSE,
    admitted_at = NULL, admitted_until = NULL, claimed_at = NULL, changed_at = now()
RETURNING {ENTRY}
"""
_COUNT_ON = "UPDATE sale_queue SET next_rank = next_rank + $2 WHERE concert_id = $1"


class _LobbyClosed(Exception):
    """Whoever comes now stands in line."""


async def take_places(concert_id: UUID, nonces: Mapping[UUID, bytes]) -> dict[UUID, QueueEntry]:
    """Give accounts their places, new or known, with the digests of their nonces.

    Raises:
        WrongConcertState: no queue is on in front of this concert.
        NotFound: there is no such concert.
    """
    try:
        rows = await database.run_transaction(lambda: _join_lobby(concert_id, nonces))
    except _LobbyClosed:
        # Perhaps nobody has closed it yet: who comes after the opening closes it and stands behind.
        # Nobody adds to the lobby then, so that the closing need not wait for ever new batches.
        await close_lobby(concert_id)
        rows = await database.run_transaction(lambda: _join_line(concert_id, nonces))
    return {row["account_id"]: entry_of(row) for row in rows}


async def _join_lobby(concert_id: UUID, nonces: Mapping[UUID, bytes]) -> list[Record]:
    # Once more under the lock: it may close while this waits for it.
    for statement in (_LOOK, _IN_LOBBY):
        queue = await _look(concert_id, statement)
        if queue["lobby_closed_at"] is not None or queue["is_due"]:
            raise _LobbyClosed
    return await database.fetch_all(_JOIN_LOBBY, concert_id, *_columns(nonces))


async def _look(concert_id: UUID, statement: str) -> Record:
    queue = await database.fetch_one(statement, concert_id)
    if queue is None:
        raise await _no_queue(concert_id)
    if phase_of(queue) is QueuePhase.CLOSED:
        raise WrongConcertState(ConcertStatus(queue["status_now"]))
    return queue


async def _join_line(concert_id: UUID, nonces: Mapping[UUID, bytes]) -> list[Record]:
    """Give the next ranks to whoever has none; those who have a place are back in it."""
    queue = await _look(concert_id, _IN_LINE)
    if queue["lobby_closed_at"] is None:
        raise Busy  # the sale was put off just now: there is a lobby again
    back = await database.fetch_all(_COME_BACK, concert_id, list(nonces))
    known = {row["account_id"] for row in back}
    new = {account: digest for account, digest in nonces.items() if account not in known}
    if not new:
        return back
    made = await database.fetch_all(_JOIN_LINE, concert_id, *_columns(new), queue["next_rank"])
    await database.execute(_COUNT_ON, concert_id, len(new))
    return [*back, *made]


def _columns(nonces: Mapping[UUID, bytes]) -> tuple[list[UUID], list[UUID], list[bytes]]:
    # Random, not by time: the draw must not know who came first.
    return list(nonces), [uuid4() for _ in nonces], list(nonces.values())


async def _no_queue(concert_id: UUID) -> DomainError:
    row = await database.fetch_one(
        f"SELECT {STATUS_NOW} AS status_now FROM concert c WHERE c.id = $1 AND c.status <> 'DRAFT'",
        concert_id,
    )
    if row is None:
        return NotFound(("input", "concertId"))
    return WrongConcertState(ConcertStatus(row["status_now"]))
