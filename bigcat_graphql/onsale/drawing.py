"""From lobby to line: fix who takes part, wait for the beacon, and give everybody their rank.

Any node may take any step, and go on where another died: each is a conditional statement, and
what they write follows from the seed, the lobby and the beacon alone.
"""

import asyncio
import dataclasses
from uuid import UUID

import orjson
import structlog
from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.onsale import beacon as beacons
from bigcat_graphql.onsale.beacon import Beacon
from bigcat_graphql.onsale.drand import fetch_round
from bigcat_graphql.onsale.draw import Entrant, draw, mix
from bigcat_graphql.settings import get_settings

_LOG = structlog.get_logger()
# Everybody who is present says so meanwhile, see `presence`: nobody is passed over unheard.
_ROLL_CALL_SECONDS = 3.0
# How long the beacon may be late before the draw goes on without it, and says so.
_BEACON_LATE_SECONDS = 10.0
_CHUNK = 5_000
_ENTRANT_BYTES = 48

# Whether the sale of `concert c` has opened, and the lobby in front of it is to be closed.
IS_DUE = "c.opens_at <= now() AND c.status = 'PUBLISHED'"

_TO_CLOSE = f"""
SELECT q.concert_id FROM sale_queue q JOIN concert c ON c.id = q.concert_id
WHERE q.ended_at IS NULL AND q.lobby_closed_at IS NULL AND {IS_DUE}
"""
# NO KEY UPDATE waits for every batch that adds to the lobby, and those that come later see it
# closed: who joined before is in the list, and nobody else. Skipping a locked row would mean not to
# close while many join.
_LOCK_LOBBY = f"""
SELECT 1 FROM sale_queue q JOIN concert c ON c.id = q.concert_id
WHERE q.concert_id = $1 AND q.lobby_closed_at IS NULL AND {IS_DUE}
FOR NO KEY UPDATE OF q
"""
_WRITE_LOBBY = """
INSERT INTO sale_lobby (concert_id, entrants)
SELECT $1, coalesce(string_agg(uuid_send(id) || nonce_digest, ''::bytea ORDER BY id), ''::bytea)
FROM queue_entry WHERE concert_id = $1 AND status = 'PREQUEUE'
RETURNING sha256(entrants) AS root, length(entrants) / 48 AS count
"""
_CLOSE_LOBBY = """
UPDATE sale_queue
SET lobby_closed_at = date_trunc('second', clock_timestamp()) + interval '1 second',
    entries_root = $2, entry_count = $3, next_rank = $3 + 1
WHERE concert_id = $1
"""

_TO_DRAW = """
SELECT q.*, extract(epoch FROM q.lobby_closed_at)::bigint AS closed_at,
       extract(epoch FROM now())::float8 AS now
FROM sale_queue q
WHERE q.ended_at IS NULL AND q.lobby_closed_at IS NOT NULL AND q.drawn_at IS NULL
"""
_KEEP_BEACON = """
UPDATE sale_queue SET beacon = $2::jsonb WHERE concert_id = $1 AND beacon IS NULL
RETURNING beacon
"""
_READ_BEACON = "SELECT beacon FROM sale_queue WHERE concert_id = $1"
_READ_LOBBY = "SELECT entrants FROM sale_lobby WHERE concert_id = $1"
# Whoever left meanwhile, or came back at the end of the line, has had a rank in the draw alone.
_RANK = """
UPDATE queue_entry e SET rank = d.rank, status = 'WAITING'
FROM unnest($2::uuid[], $3::int[]) AS d (id, rank)
WHERE e.concert_id = $1 AND e.id = d.id AND e.status = 'PREQUEUE'
"""
_OPEN = "UPDATE sale_queue SET drawn_at = now() WHERE concert_id = $1 AND drawn_at IS NULL"


async def close_due_lobbies() -> int:
    """Fix who takes part wherever a sale opens now, and publish the digest of it.

    Returns:
        How many lobbies this call closed.
    """
    rows = await database.fetch_all(_TO_CLOSE)
    closed = [await close_lobby(row["concert_id"]) for row in rows]
    return sum(closed)


async def draw_due_queues() -> int:
    """Draw wherever the lobby is closed and the beacon has spoken, or is too late.

    Returns:
        How many queues this call opened.
    """
    queues = await database.fetch_all(_TO_DRAW)
    # At once: a beacon that is slow to answer must not hold up another sale.
    return sum(await asyncio.gather(*(_try_to_draw(queue) for queue in queues)))


def beacon_of(kept: str | None) -> Beacon | None:
    """Read the beacon that a queue keeps; an empty one means that it was too late."""
    facts = orjson.loads(kept) if kept else None
    if not facts:
        return None
    return Beacon(
        facts["chain_hash"],
        facts["round"],
        bytes.fromhex(facts["randomness"]),
        bytes.fromhex(facts["signature"]),
    )


async def close_lobby(concert_id: UUID) -> bool:
    """Close a lobby whose sale has opened; say whether it was this call that did."""

    async def work() -> bool:
        if await database.fetch_one(_LOCK_LOBBY, concert_id) is None:
            return False  # another node was quicker
        lobby = await database.fetch_one(_WRITE_LOBBY, concert_id)
        if lobby is None:
            raise LookupError(concert_id)
        await database.execute(_CLOSE_LOBBY, concert_id, lobby["root"], lobby["count"])
        return True

    return await database.run_transaction(work)


async def _try_to_draw(queue: Record) -> bool:
    try:
        if not await _is_ready(queue):
            return False
        await _draw(queue)
    except Exception as error:  # noqa: BLE001 - the other sales must open all the same
        _LOG.warning("draw_failed", concert=str(queue["concert_id"]), error=repr(error))
        return False
    return True


async def _is_ready(queue: Record) -> bool:
    """Say whether the beacon is decided: kept, or given up for good by an empty one."""
    if queue["beacon"] is not None:
        return True
    waited = queue["now"] - queue["closed_at"]
    if waited < _ROLL_CALL_SECONDS:
        return False
    if get_settings().beacon_url == "off":
        return await _keep_beacon(queue["concert_id"], None)
    round_ = beacons.round_after(queue["closed_at"])
    late = queue["now"] - beacons.published_at(round_)
    if late < 0:
        return False
    beacon = await fetch_round(round_)
    if beacon is None and late < _BEACON_LATE_SECONDS:
        return False
    return await _keep_beacon(queue["concert_id"], beacon)


async def _keep_beacon(concert_id: UUID, beacon: Beacon | None) -> bool:
    facts = {} if beacon is None else dataclasses.asdict(beacon)
    shown = {name: v.hex() if isinstance(v, bytes) else v for name, v in facts.items()}
    # The first to say so decides for all nodes.
    await database.execute(_KEEP_BEACON, concert_id, orjson.dumps(shown).decode())
    return True


async def _draw(queue: Record) -> None:
    concert_id = queue["concert_id"]
    kept = await database.fetch_one(_READ_BEACON, concert_id)
    beacon = beacon_of(kept["beacon"] if kept else None)
    lobby = await read_lobby(concert_id)
    final = mix(
        sale_id=queue["id"].bytes,
        seed=queue["seed"],
        entries_root=queue["entries_root"],
        randomness=beacon.randomness if beacon else b"",
    )
    order = await asyncio.to_thread(draw, final, lobby)
    # In pieces, so that nobody who joins meanwhile waits for all of them.
    for start in range(0, len(order), _CHUNK):
        ids = [UUID(bytes=id_) for id_ in order[start : start + _CHUNK]]
        ranks = list(range(start + 1, start + 1 + len(ids)))
        await database.execute(_RANK, concert_id, ids, ranks)
    await database.execute(_OPEN, concert_id)


async def read_lobby(concert_id: UUID) -> list[Entrant]:
    """Read who takes part, by id."""
    row = await database.fetch_one(_READ_LOBBY, concert_id)
    packed = bytes(row["entrants"]) if row else b""
    return [
        Entrant(packed[start : start + 16], packed[start + 16 : start + _ENTRANT_BYTES])
        for start in range(0, len(packed), _ENTRANT_BYTES)
    ]
