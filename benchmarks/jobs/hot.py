"""Hot: 64 clients fight for the 200 seats of one hall, two at a time, until all are gone."""

import asyncio
import random
import statistics
import time
from dataclasses import dataclass, field
from uuid import UUID

from benchmarks.dialects import Outcome
from benchmarks.exchange import Exchange, connect_many
from benchmarks.jobs.turn import Figures, Turn, percentile
from benchmarks.world import HOT_SEATS

_CLIENTS = 64
_GIVE_UP_SECONDS = 30.0


@dataclass(slots=True)
class _Hall:
    """One hall's sale; `free` is what a seat map would show that was refreshed just now."""

    concert: UUID
    free: set[int] = field(default_factory=lambda: set(range(HOT_SEATS)))
    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    sold_out_at: float = 0.0


async def measure(turn: Turn) -> Figures:
    """Sell out some halls, one after another; the first one only warms up."""
    clients = await connect_many(turn.port, _CLIENTS)
    runs = [
        await _sell_out(turn, clients, concert)
        for concert in turn.world.hot_halls[: turn.sizes.hot_halls + 1]
    ]
    for client in clients:
        client.close()
    return {key: statistics.median(run[key] for run in runs[1:]) for key in runs[0]}


async def _sell_out(turn: Turn, clients: list[Exchange], concert: UUID) -> Figures:
    hall = _Hall(concert)
    start = time.perf_counter()
    await asyncio.gather(
        *(_buy(turn, hall, client, number) for number, client in enumerate(clients))
    )
    return {
        "sold_out_s": (hall.sold_out_at or time.perf_counter()) - start,
        "p50_ms": percentile(hall.seconds, 0.5),
        "p99_ms": percentile(hall.seconds, 0.99),
        "requests": len(hall.seconds),
        "seats_left": len(hall.free),
        "failed": hall.failed,
    }


async def _buy(turn: Turn, hall: _Hall, client: Exchange, number: int) -> None:
    """Ask for two seats of one's own picture of the hall; refused, look again."""
    chance = random.Random(f"{turn.seed}-{hall.concert}-{number}")
    buyers, seen, wishes = turn.buyers_of(number, _CLIENTS), set[int](), 0
    until = time.perf_counter() + _GIVE_UP_SECONDS
    while hall.free and time.perf_counter() < until:
        if len(seen) < 2:
            seen = set(hall.free)
        pair = chance.sample(sorted(seen), min(2, len(seen)))
        wishes += 1
        wish = turn.dialect.book(hall.concert, pair, buyers[wishes % len(buyers)])
        answer = await client.ask(wish)
        hall.seconds.append(answer.seconds)
        seen = _learn(turn.dialect.read_outcome(answer), hall, pair, seen)


def _learn(outcome: Outcome, hall: _Hall, pair: list[int], seen: set[int]) -> set[int]:
    hall.failed += outcome is Outcome.FAILED
    if outcome is not Outcome.WON:
        return set(hall.free)
    hall.free.difference_update(pair)
    if not hall.free:
        hall.sold_out_at = time.perf_counter()
    return seen.difference(pair)
