"""Statements: 200 clients book pairs of one arena; how many SQL statements is a booking?"""

import asyncpg

from benchmarks.dialects import Outcome
from benchmarks.exchange import connect_many
from benchmarks.jobs.book import book_for
from benchmarks.jobs.turn import Figures, Turn, percentile
from benchmarks.world import ARENA_SEATS

_CLIENTS = 200
# Every tenth seat is sold already, and the last quarter belongs to the live job.
_TAKEN, _LIMIT = 9, ARENA_SEATS * 3 // 4

_COUNT = """
SELECT coalesce(sum(calls) FILTER (WHERE query !~* $1), 0)::bigint AS statements,
       coalesce(sum(calls) FILTER (WHERE query ~* $1), 0)::bigint AS transaction_control
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_CONTROL = (
    r"^\s*(begin|start|commit|rollback|savepoint|release|set|reset|select pg_advisory|show)\y"
)


async def measure(turn: Turn) -> Figures:
    """Count while they book."""
    await turn.postgres.count_statements(on=True)
    counter = await turn.postgres.connect(turn.database)
    try:
        await counter.execute("SET pg_stat_statements.track = 'none'")
        await counter.execute("SELECT pg_stat_statements_reset()")
        figures = await _book(turn)
        statements, control = await count_so_far(counter)
    finally:
        await counter.close()
        await turn.postgres.count_statements(on=False)
    return {
        "statements": statements / max(1, figures["won"]),
        "transaction_control": control / max(1, figures["won"]),
        **figures,
    }


async def count_so_far(counter: "asyncpg.Connection[asyncpg.Record]") -> tuple[int, int]:
    """Give how many statements there were, and how many BEGINs, COMMITs and the like besides."""
    row = await counter.fetchrow(_COUNT, _CONTROL)
    assert row is not None  # noqa: S101 - an aggregate always has one row
    return row["statements"], row["transaction_control"]


async def _book(turn: Turn) -> Figures:
    seats = [index for index in range(_LIMIT) if index % 10 != _TAKEN]
    turn.chance("rush").shuffle(seats)
    pairs = iter([(turn.world.arena, pair) for pair in zip(seats[::2], seats[1::2], strict=False)])
    clients = await connect_many(turn.port, _CLIENTS)
    meter = turn.meter()
    outcomes, seconds = await book_for(turn.sizes.rush_seconds, turn, clients, pairs)
    spent = meter.stop()
    for client in clients:
        client.close()
    return {
        "per_second": outcomes[Outcome.WON] / spent.wall_seconds,
        "p99_ms": percentile(seconds, 0.99),
        "won": outcomes[Outcome.WON],
        "failed": outcomes.total() - outcomes[Outcome.WON],
    }
