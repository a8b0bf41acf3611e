"""Queue: a lobby drawn, joins behind everybody in it, ticks, and watchers; all in one sale."""

import asyncio
import hashlib
import statistics
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

from benchmarks.database import SECRETS
from benchmarks.dialects import Bigcat
from benchmarks.exchange import Exchange, connect_many
from benchmarks.jobs.turn import Figures, Turn
from benchmarks.sockets import gather_audience
from bigcat_graphql.accounts.tokens import sign_access_token
from bigcat_graphql.database import Connection, close_database, open_database
from bigcat_graphql.models import Account, AccountRole
from bigcat_graphql.onsale.admitting import move_queues
from bigcat_graphql.settings import override_settings

_CLIENTS = 32
# The two take turns: what slows the machine for a while slows both.
_TURNS = 4
_TICKS = 15
_POLL_SECONDS = 0.01
_PATIENCE_SECONDS = 120
_ROLL_CALL = "interval '3 seconds'"

_LOBBY = """
WITH people AS (
  INSERT INTO account (id, email, email_folded, name, role, created_at)
  SELECT gen_random_uuid(), 'q' || n || '@example.org', 'q' || n || '@example.org', 'Q', 'GUEST',
         now()
  FROM generate_series(1, $2::int) AS n RETURNING id
)
INSERT INTO queue_entry (concert_id, account_id, id, nonce_digest, status, joined_at, seen_at,
                         changed_at)
SELECT $1, id, gen_random_uuid(), sha256(''), 'PREQUEUE', now(), now(), now() - interval '1 hour'
FROM people
"""
_LATE = """
INSERT INTO account (id, email, email_folded, name, role, created_at)
SELECT gen_random_uuid(), 'l' || n || '@example.org', 'l' || n || '@example.org', 'L', 'GUEST',
       now()
FROM generate_series(1, $1::int) AS n RETURNING id
"""
_STATE = "SELECT lobby_closed_at, drawn_at FROM sale_queue WHERE concert_id = $1"


async def measure(turn: Turn) -> Figures:
    """Draw, then join and do nothing in turn, then tick, then watch."""
    assert isinstance(turn.dialect, Bigcat)  # noqa: S101 - nobody else has queues
    connection = await turn.postgres.connect(turn.database)
    try:
        concert_id = turn.world.idle_hall
        await _announce(connection, concert_id, turn.sizes.queue_entries)
        drawn = await _draw(connection, concert_id)
        joined = await _join(turn, connection, concert_id)
        ticked = await _tick(turn, connection, concert_id)
        watched = await _watch(turn, concert_id)
        return {**joined, **drawn, **ticked, **watched, "failed": joined["failed"]}
    finally:
        await connection.close()


async def _announce(connection: Connection, concert_id: UUID, entries: int) -> None:
    seed = bytes(32)
    await connection.execute(
        "UPDATE concert SET opens_at = now() + interval '1 day' WHERE id = $1", concert_id
    )
    await connection.execute(
        "INSERT INTO sale_queue (concert_id, id, commitment, seed, created_at)"
        " VALUES ($1, $2, $3, $4, now())",
        concert_id,
        uuid4(),
        hashlib.sha256(seed).digest(),
        seed,
    )
    await connection.execute(_LOBBY, concert_id, entries)
    await connection.execute("ANALYZE account, queue_entry, sale_queue")


async def _draw(connection: Connection, concert_id: UUID) -> Figures:
    """Open the sale; each of the two steps waits up to a second for the server's turn."""
    began = time.perf_counter()
    await connection.execute(
        "UPDATE concert SET opens_at = now() - interval '1 second' WHERE id = $1", concert_id
    )
    await _until(connection, concert_id, "lobby_closed_at")
    closed = time.perf_counter()
    # The roll call is no work.
    await connection.execute(
        "UPDATE sale_queue SET lobby_closed_at = date_trunc('second', now())"
        f" - {_ROLL_CALL} WHERE concert_id = $1",
        concert_id,
    )
    await _until(connection, concert_id, "drawn_at")
    drawn = time.perf_counter()
    return {"close_s": closed - began, "draw_s": drawn - closed, "opening_s": drawn - began}


async def _until(connection: Connection, concert_id: UUID, column: str) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            row = await connection.fetchrow(_STATE, concert_id)
            if row is not None and row[column] is not None:
                return
            await asyncio.sleep(_POLL_SECONDS)


async def _join(turn: Turn, connection: Connection, concert_id: UUID) -> Figures:
    """Join with new accounts, and send mutations that do nothing, in turn."""
    dialect = turn.dialect
    assert isinstance(dialect, Bigcat)  # noqa: S101 - see measure
    tokens = await _make_tokens(connection, turn.sizes.queue_joins)
    clients = await connect_many(turn.port, _CLIENTS)
    joins = [dialect.join_queue(concert_id, token) for token in tokens]
    nothings = [dialect.do_nothing(token) for token in tokens]
    rates = {"join": list[float](), "empty": list[float]()}
    failed, size = 0, len(tokens) // _TURNS
    for number in range(_TURNS):
        part = slice(number * size, (number + 1) * size)
        for name, requests, sign in (
            ("empty", nothings[part], b'"NOT_FOUND"'),
            ("join", joins[part], b'"WAITING"'),
        ):
            began = time.perf_counter()
            failed += await _send(clients, iter(requests), sign)
            rates[name].append(len(requests) / (time.perf_counter() - began))
    for client in clients:
        client.close()
    join, empty = (statistics.median(rates[name]) for name in ("join", "empty"))
    return {
        "ratio": join / empty,
        "joins_per_second": join,
        "empty_per_second": empty,
        "failed": failed,
    }


async def _make_tokens(connection: Connection, count: int) -> list[str]:
    rows = await connection.fetch(_LATE, count)
    with override_settings(
        secret_key=SECRETS["BIGCAT_SECRET_KEY"],
        access_token_seconds=int(SECRETS["BIGCAT_ACCESS_TOKEN_SECONDS"]),
    ):
        people = [Account(id=row["id"], name="L", role=AccountRole.GUEST) for row in rows]
        return [sign_access_token(one, uuid4())[0] for one in people]


async def _send(clients: list[Exchange], requests: Iterator[bytes], sign: bytes) -> int:
    """Send all, each client one after the other; say how many answers were not as they should."""
    failed = 0

    async def run(client: Exchange) -> None:
        nonlocal failed
        for request in requests:
            answer = await client.ask(request)
            failed += sign not in answer.body

    await asyncio.gather(*(run(client) for client in clients))
    return failed


async def _tick(turn: Turn, connection: Connection, concert_id: UUID) -> Figures:
    """Tick as one more node would, from here; with everybody present."""
    took = list[float]()
    await connection.execute(
        "UPDATE queue_entry SET seen_at = now() + interval '5 minutes', is_away = FALSE"
        " WHERE concert_id = $1 AND status = 'WAITING'",
        concert_id,
    )
    await connection.execute("VACUUM ANALYZE queue_entry")
    await open_database(turn.postgres.url(turn.database))
    try:
        for _ in range(_TICKS):
            await connection.execute(
                "UPDATE sale_queue SET ticked_at = now() - interval '1 second'"
                " WHERE concert_id = $1",
                concert_id,
            )
            began = time.perf_counter()
            await move_queues()
            took.append((time.perf_counter() - began) * 1e3)
    finally:
        await close_database()
    return {"tick_ms": statistics.median(took)}


async def _watch(turn: Turn, concert_id: UUID) -> Figures:
    """Count what each watcher is sent in a second, and what that costs the server."""
    dialect = turn.dialect
    assert isinstance(dialect, Bigcat)  # noqa: S101 - see measure
    size = turn.sizes.queue_watchers
    audience, viewers = await gather_audience(turn.port, size, dialect.watch_queue(concert_id))
    await asyncio.sleep(1.5)
    meter, before = turn.meter(), audience.frames
    await asyncio.sleep(turn.sizes.queue_seconds)
    spent, frames = meter.stop(), audience.frames - before
    for viewer in viewers:
        viewer.close()
    return {
        "frames_a_second": frames / size / spent.wall_seconds,
        "watch_server_us": spent.server_seconds * 1e6 / max(1, frames),
        "load_cores": spent.load_cores,
        "foreign_cores": spent.foreign_cores,
    }
