"""Book: 32 clients take two seats at a time, in 50 halls of 2,000 seats, never the same ones."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from benchmarks.dialects import Outcome
from benchmarks.exchange import Exchange, connect_many
from benchmarks.jobs.turn import Figures, Turn, cost_of, percentile, shuffled_pairs
from benchmarks.world import HALL_SEATS

CLIENTS = 32
Pairs = Iterator[tuple[UUID, tuple[int, int]]]


async def measure(turn: Turn) -> Figures:
    """Book for a few seconds."""
    return await measure_pairs(
        turn, shuffled_pairs(turn.world.halls, HALL_SEATS, turn.chance("book"))
    )


async def measure_pairs(turn: Turn, pairs: Pairs) -> Figures:
    """Book these pairs for a few seconds."""
    clients = await connect_many(turn.port, CLIENTS)
    await book_for(turn.sizes.warm_seconds, turn, clients, pairs)
    meter = turn.meter()
    outcomes, seconds = await book_for(turn.sizes.book_seconds, turn, clients, pairs)
    spent = meter.stop()
    for client in clients:
        client.close()
    return {
        "per_second": outcomes[Outcome.WON] / spent.wall_seconds,
        "p50_ms": percentile(seconds, 0.5),
        "p99_ms": percentile(seconds, 0.99),
        "won": outcomes[Outcome.WON],
        # The seats were free, and nobody else wanted them.
        "failed": outcomes.total() - outcomes[Outcome.WON],
        **cost_of(spent, outcomes[Outcome.WON]),
    }


async def book_for(
    until_seconds: float, turn: Turn, clients: list[Exchange], pairs: Pairs
) -> tuple[Counter[Outcome], list[float]]:
    """Let all clients book, each one wish after another; say what became of them, and how fast."""
    until = time.perf_counter() + until_seconds
    outcomes, seconds = Counter[Outcome](), list[float]()

    async def run(client: Exchange, number: int) -> None:
        buyers, wishes = turn.buyers_of(number, len(clients)), 0
        while time.perf_counter() < until and (pair := next(pairs, None)):
            wishes += 1
            answer = await client.ask(turn.dialect.book(*pair, buyers[wishes % len(buyers)]))
            outcomes[turn.dialect.read_outcome(answer)] += 1
            seconds.append(answer.seconds)

    await asyncio.gather(*(run(client, number) for number, client in enumerate(clients)))
    return outcomes, seconds
