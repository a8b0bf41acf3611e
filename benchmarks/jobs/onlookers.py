"""Onlookers: how many bookings of a hall there are with 1,000 viewers of it, and with none."""

import statistics

from benchmarks.dialects import Outcome
from benchmarks.exchange import Exchange, connect_many
from benchmarks.jobs.book import CLIENTS, Pairs, book_for
from benchmarks.jobs.turn import Figures, Turn
from benchmarks.sockets import gather_audience

# The last quarter of the arena belongs to those who watch for a seat; every tenth is sold.
_LIMIT, _TAKEN = 15_000, 9
_TIMES = 3


async def measure(turn: Turn) -> Figures:
    """Book in turn alone and watched, so that what the machine does to one it does to the other."""
    seats = [index for index in range(_LIMIT) if index % 10 != _TAKEN]
    turn.chance("onlookers").shuffle(seats)
    pairs: Pairs = iter(
        [(turn.world.arena, pair) for pair in zip(seats[::2], seats[1::2], strict=True)]
    )
    clients = await connect_many(turn.port, CLIENTS)
    await book_for(turn.sizes.warm_seconds, turn, clients, pairs)
    alone, watched = list[Figures](), list[Figures]()
    for _ in range(_TIMES):
        alone.append(await _book(turn, clients, pairs))
        watched.append(await _book_watched(turn, clients, pairs))
    for client in clients:
        client.close()
    rates = [statistics.median(one["per_second"] for one in some) for some in (alone, watched)]
    return {
        "ratio": rates[1] / rates[0],
        "alone_per_second": rates[0],
        "watched_per_second": rates[1],
        "frames_a_second": statistics.median(one["frames_a_second"] for one in watched),
        "failed": sum(one["failed"] for one in (*alone, *watched)) + (next(pairs, None) is None),
        "load_cores": statistics.median(one["load_cores"] for one in watched),
        "foreign_cores": statistics.median(one["foreign_cores"] for one in (*alone, *watched)),
    }


async def _book_watched(turn: Turn, clients: list[Exchange], pairs: Pairs) -> Figures:
    payload = turn.dialect.subscription(turn.world.arena)
    audience, viewers = await gather_audience(turn.port, turn.sizes.viewers, payload)
    before = audience.frames
    figures = await _book(turn, clients, pairs)
    frames, lost = audience.frames - before, len(audience.lost)
    for viewer in viewers:
        viewer.close()
    seconds = turn.sizes.onlookers_seconds
    return {**figures, "frames_a_second": frames / seconds, "failed": figures["failed"] + lost}


async def _book(turn: Turn, clients: list[Exchange], pairs: Pairs) -> Figures:
    meter = turn.meter()
    outcomes, _ = await book_for(turn.sizes.onlookers_seconds, turn, clients, pairs)
    spent = meter.stop()
    return {
        "per_second": outcomes[Outcome.WON] / spent.wall_seconds,
        "failed": outcomes.total() - outcomes[Outcome.WON],
        "load_cores": spent.load_cores,
        "foreign_cores": spent.foreign_cores,
    }
