"""What the lane costs a booking that comes alone: `python -m benchmarks.lone`.

In this process, without HTTP: the same bookings through the lane and straight to the transaction
that serves its batches, pair by pair, so that whatever slows the machine slows both.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import uvloop

from benchmarks.database import Postgres, furnish, run_postgres
from benchmarks.jobs.book import Pairs
from benchmarks.jobs.turn import percentile, shuffled_pairs
from benchmarks.machine import Cores
from benchmarks.world import HALL_SEATS, World
from bigcat_graphql import database
from bigcat_graphql.booking import ChosenSeats, lane
from bigcat_graphql.booking.batch import reserve_batch
from bigcat_graphql.booking.idempotency import Intent
from bigcat_graphql.booking.wish import MUTATION, Reserved, Wish
from bigcat_graphql.settings import override_settings

_WARM, _COUNTED = 50, 1_500
_Way = Callable[[Wish], Awaitable[object]]


def main() -> int:
    """Book one by one in both ways, and print the medians and their ratio."""
    cores = Cores.plan()
    os.sched_setaffinity(0, cores.load)
    with tempfile.TemporaryDirectory() as scratch, run_postgres(cores) as postgres:
        world = furnish(postgres, Path(scratch))
        with override_settings(pending_bookings_max=1_000_000, seat_minutes_per_ticket=100_000):
            with_lane, without = uvloop.run(_measure(postgres, world))
    for name, seconds in (("through the lane", with_lane), ("without it", without)):
        print(f"{name}: p50 {percentile(seconds, 0.5):.3f} ms, p99 {percentile(seconds, 0.99):.2f}")
    ratios = [one / other for one, other in zip(with_lane, without, strict=True)]
    print(f"ratio, median of {len(ratios):,} pairs: {statistics.median(ratios):.3f}")
    return 0


async def _measure(postgres: Postgres, world: World) -> tuple[list[float], list[float]]:
    await postgres.renew("lone")
    await database.open_database(postgres.url("lone"))
    pairs = shuffled_pairs([*world.halls], HALL_SEATS, random.Random(1))
    ways: list[tuple[_Way, list[float]]] = [(lane.submit, []), (_straight, [])]
    for number in range(_WARM + _COUNTED):
        # Each is the first as often as the second.
        for way, seconds in ways if number % 2 else reversed(ways):
            spent = await _book(way, world, pairs, number)
            if number >= _WARM:
                seconds.append(spent)
    await database.close_database()
    return ways[0][1], ways[1][1]


async def _book(way: _Way, world: World, pairs: Pairs, number: int) -> float:
    concert_id, indexes = next(pairs)
    buyer = world.buyers[number % len(world.buyers)]
    chosen = ChosenSeats(world.plan_version, indexes)
    intent = Intent(buyer.account_id, MUTATION, uuid4().hex, (concert_id, chosen))
    wish = Wish(concert_id, chosen, intent)
    start = time.perf_counter()
    outcome = await way(wish)
    spent = time.perf_counter() - start
    if not isinstance(outcome, Reserved):
        raise TypeError(outcome)
    # What listeners and the pool still have to do is nobody's time.
    await asyncio.sleep(0)
    return spent


async def _straight(wish: Wish) -> object:
    return (await reserve_batch([wish])).outcomes[wish]


if __name__ == "__main__":
    sys.exit(main())
