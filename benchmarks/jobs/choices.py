"""Choices: chosen seats, places of general admission, the best seats there are; two at a time.

For bigcat alone: nobody else chooses. All three in halls of 20,000 with 32 clients; then one
client alone asks for the best seats, to see what choosing costs.
"""

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

from benchmarks.dialects import Bigcat, Outcome
from benchmarks.exchange import Exchange, connect, connect_many
from benchmarks.jobs.turn import Figures, Turn, percentile
from benchmarks.machine import thread_seconds
from benchmarks.world import AREA, ARENA_SEATS, Buyer

_CLIENTS = 32
_ALONE = 100
Wish = Callable[[Buyer], bytes]


async def measure(turn: Turn) -> Figures:
    """Book in each way for a while."""
    dialect = turn.dialect
    if not isinstance(dialect, Bigcat):
        return {}
    best = _best(dialect, turn.world.arena)
    ways = {"seats": _seats(dialect, turn), "places": _places(dialect, turn), "best": best}
    clients = await connect_many(turn.port, _CLIENTS)
    figures: Figures = {}
    for name, wish in ways.items():
        booked = await _book(name, turn, clients, wish)
        booked["failed"] += figures.get("failed", 0)
        figures |= booked
    for client in clients:
        client.close()
    share = figures["places_per_second"] / max(1.0, figures["seats_per_second"])
    return {**figures, "places_to_seats": share, **await _choose_alone(turn, best)}


def _seats(dialect: Bigcat, turn: Turn) -> Wish:
    # From the back: the best seats are in front, and the ninth of each ten is sold.
    free = iter([index for index in reversed(range(ARENA_SEATS)) if index % 10 < 8])

    def wish(buyer: Buyer) -> bytes:
        return dialect.book(turn.world.arena, [next(free), next(free)], buyer)

    return wish


def _places(dialect: Bigcat, turn: Turn) -> Wish:
    selection = {"generalAdmission": {"areaKey": AREA, "quantity": 2}}
    return lambda buyer: dialect.choose(turn.world.lawn, selection, buyer)


def _best(dialect: Bigcat, concert: UUID) -> Wish:
    selection = {"bestAvailable": {"quantity": 2}}
    return lambda buyer: dialect.choose(concert, selection, buyer)


async def _book(name: str, turn: Turn, clients: list[Exchange], wish: Wish) -> Figures:
    outcomes, seconds = list[Outcome](), list[float]()
    start = time.perf_counter()
    until = start + turn.sizes.rush_seconds

    async def run(client: Exchange, number: int) -> None:
        buyers = turn.buyers_of(number, _CLIENTS)
        while time.perf_counter() < until:
            answer = await client.ask(wish(buyers[len(outcomes) % len(buyers)]))
            outcomes.append(turn.dialect.read_outcome(answer))
            seconds.append(answer.seconds)

    await asyncio.gather(*(run(client, number) for number, client in enumerate(clients)))
    won = outcomes.count(Outcome.WON)
    return {
        f"{name}_per_second": won / (time.perf_counter() - start),
        f"{name}_p99_ms": percentile(seconds, 0.99),
        f"{name}_not_won": len(outcomes) - won,
        "failed": outcomes.count(Outcome.FAILED),
    }


async def _choose_alone(turn: Turn, wish: Wish) -> Figures:
    client, cpu = await connect(turn.port), list[float]()
    for buyer in turn.world.buyers[:_ALONE]:
        before = thread_seconds(turn.running.pid)
        await client.ask(wish(buyer))
        cpu.append(thread_seconds(turn.running.pid) - before)
    client.close()
    return {
        "best_cpu_p50_ms": percentile(cpu, 0.5),
        "best_cpu_p99_ms": percentile(cpu, 0.99),
    }
