"""Storm: 1,000 clients want one and the same seat in the same instant; before, each its own."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from benchmarks.dialects import Outcome
from benchmarks.exchange import Answer, Exchange, connect_many
from benchmarks.jobs.turn import Figures, Turn, percentile

_WANTED = 0


async def measure(turn: Turn) -> Figures:
    """Let everybody ask for a seat of their own, and then for the same one."""
    count = turn.sizes.storm_clients
    clients = await connect_many(turn.port, count)
    calm = await _ask_at_once(turn, clients, range(1, count + 1))
    storm = await _ask_at_once(turn, clients, [_WANTED] * count)
    for client in clients:
        client.close()
    outcomes = Counter(turn.dialect.read_outcome(answer) for answer in storm)
    lost = [
        answer.seconds for answer in storm if turn.dialect.read_outcome(answer) is not Outcome.WON
    ]
    calm_p99 = percentile([answer.seconds for answer in calm], 0.99)
    return {
        "losers_p99_ms": percentile(lost, 0.99),
        "calm_p99_ms": calm_p99,
        "ratio": percentile(lost, 0.99) / calm_p99,
        "winners": outcomes[Outcome.WON],
        "refused": outcomes[Outcome.LOST],
        "told_to_try_again": outcomes[Outcome.BUSY],
        "failed": outcomes[Outcome.FAILED],
        "calm_not_won": sum(turn.dialect.read_outcome(one) is not Outcome.WON for one in calm),
    }


async def _ask_at_once(turn: Turn, clients: list[Exchange], seats: Sequence[int]) -> list[Answer]:
    wishes = [
        turn.dialect.book(turn.world.storm_hall, [seat], buyer)
        for seat, buyer in zip(seats, turn.world.buyers, strict=False)
    ]
    return await asyncio.gather(
        *(client.ask(wish) for client, wish in zip(clients, wishes, strict=True))
    )
