"""Who is here, on this node: told to the database for those who may be let in soon."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from uuid import UUID

from bigcat_graphql import database

# Ranks that far ahead of the head are let in within minutes: only their presence matters yet.
_FRONT_MINUTES = 3
_FRONT_LEAST = 1_000
_CHUNK = 5_000

# In the lobby, and while it is drawn, everybody's: the first to be let in must be known to be
# here. Those who were passed over are back in line.
_SEEN = """
UPDATE queue_entry e SET seen_at = now(), is_away = FALSE
FROM sale_queue q
WHERE q.concert_id = $1 AND e.concert_id = $1 AND e.account_id = ANY($2::uuid[])
  AND e.status IN ('PREQUEUE', 'WAITING', 'ADMITTED')
  AND (e.rank IS NULL OR e.rank <= q.head_rank + greatest($3, $4 * q.head_per_minute))
"""

# Whoever hangs up is passed over at once should their turn come, keeps the rank, and is the next
# once back. One who is here by another node as well is back within ten seconds.
_GONE = """
UPDATE queue_entry e SET is_away = TRUE
WHERE e.concert_id = $1 AND e.account_id = ANY($2::uuid[]) AND e.status IN ('PREQUEUE', 'WAITING')
"""

_present: dict[UUID, Counter[UUID]] = {}
_gone: dict[UUID, set[UUID]] = {}


@contextmanager
def presence_of(concert_id: UUID, account_id: UUID) -> Iterator[None]:
    """Count an account as present, once for each of its tabs and devices."""
    accounts = _present.setdefault(concert_id, Counter())
    accounts[account_id] += 1
    try:
        yield
    finally:
        accounts[account_id] -= 1
        if not accounts[account_id]:
            del accounts[account_id]
            _gone.setdefault(concert_id, set()).add(account_id)
        if not accounts and _present.get(concert_id) is accounts:
            del _present[concert_id]


def present_at(concert_id: UUID) -> Sequence[UUID]:
    """List the accounts that are present on this node."""
    return list(_present.get(concert_id, ()))


async def tell_presence() -> None:
    """Write down who is here, of those for whom it matters."""
    for concert_id in tuple(_present):
        front = (_FRONT_LEAST, float(_FRONT_MINUTES))
        await _write(_SEEN, concert_id, present_at(concert_id), *front)


async def tell_absence() -> None:
    """Write down who hung up since the last time."""
    for concert_id in tuple(_gone):
        away = _gone.pop(concert_id) - _present.get(concert_id, Counter()).keys()
        await _write(_GONE, concert_id, list(away))


async def _write(
    statement: str, concert_id: UUID, accounts: Sequence[UUID], *values: object
) -> None:
    # In pieces: whoever lets in waits for one of them at most. A transaction each, which is run
    # again should two nodes that tell of the same people have waited for each other.
    for start in range(0, len(accounts), _CHUNK):
        piece = accounts[start : start + _CHUNK]
        await database.run_transaction(
            partial(database.execute, statement, concert_id, piece, *values)
        )
