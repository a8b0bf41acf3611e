"""What a booking costs when the table of seats is very large: `python -m benchmarks.growth`.

A run of its own, since filling the table takes minutes: the furnished database as it is, and a copy
of it with many millions of seats more, in turn.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from benchmarks.contenders import start
from benchmarks.database import Postgres, furnish, run_postgres
from benchmarks.jobs.book import Pairs, measure_pairs
from benchmarks.jobs.turn import Figures, Sizes, Turn, shuffled_pairs
from benchmarks.machine import Cores, wait_for_quiet
from benchmarks.world import ARENA_SEATS, HALL_SEATS, World

_BATCH = 50  # concerts a statement: a million seats, a few seconds
_SHOWN = ("per_second", "p50_ms", "p99_ms", "server_us", "postgres_us")

# Arenas without end, not told apart by anything but their ids.
_ADD_CONCERTS = """
CREATE TABLE more AS
SELECT n, gen_random_uuid() AS id FROM generate_series(1, $1::int) AS n"""
_ADD_CONCERT_ROWS = """
INSERT INTO concert SELECT (jsonb_populate_record(c, jsonb_build_object('id', m.id,
  'slug', 'more-' || m.n))).* FROM concert c, more m WHERE c.id = $1"""
_ADD_TIERS = """
INSERT INTO price_tier SELECT (jsonb_populate_record(t, jsonb_build_object(
  'id', gen_random_uuid(), 'concert_id', m.id))).*
FROM price_tier t, more m WHERE t.concert_id = $1"""
_ADD_SEATS = """
INSERT INTO seat (concert_id, "index", tier_code, status, version)
SELECT m.id, s."index", s.tier_code, 'A', 0
FROM more m CROSS JOIN seat s WHERE s.concert_id = $1 AND m.n > $2 AND m.n <= $2 + $3"""


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two databases; its pairs of seats go on from round to round."""

    name: str
    pairs: Pairs
    rounds: list[Figures] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Fill the large table, book in both, and print what it cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--seats", type=int, default=100_000_000, help="how many more")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args(arguments)
    cores = Cores.plan()
    os.sched_setaffinity(0, cores.load)
    with tempfile.TemporaryDirectory() as scratch, run_postgres(cores) as postgres:
        world = furnish(postgres, Path(scratch))
        sides = [
            _Side(name, shuffled_pairs(world.halls, HALL_SEATS, random.Random(1)))
            for name in ("small", "large")
        ]
        uvloop.run(_make_both(postgres, world, wanted.seats))
        for number in range(wanted.rounds):
            for side in sides if number % 2 else reversed(sides):
                side.rounds.append(_take_turn(postgres, world, side, (cores, Path(scratch))))
        _show(sides, uvloop.run(_count(postgres)))
    return 0


async def _make_both(postgres: Postgres, world: World, seats: int) -> None:
    await postgres.renew("small")
    await postgres.renew("large")
    concerts, began = -(-seats // ARENA_SEATS), time.monotonic()
    connection = await postgres.connect("large")
    try:
        # Rows made by ourselves from rows that are there: no foreign key has to look.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(_ADD_CONCERTS.replace("$1", str(concerts)))
        await connection.execute(_ADD_CONCERT_ROWS, world.arena)
        await connection.execute(_ADD_TIERS, world.arena)
        for first in range(0, concerts, _BATCH):
            await connection.execute(_ADD_SEATS, world.arena, first, _BATCH)
            minutes = (time.monotonic() - began) / 60
            done = min(concerts, first + _BATCH) * ARENA_SEATS
            print(f"\r{done:,} seats, {minutes:.1f} min", end="", flush=True)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
        print()
    finally:
        await connection.close()


def _take_turn(postgres: Postgres, world: World, side: _Side, place: tuple[Cores, Path]) -> Figures:
    contender, (cores, logs) = start.find_contender("bigcat"), place
    with start.run(contender, postgres, side.name, cores=cores, logs=logs) as server:
        turn = Turn(
            running=server,
            dialect=contender.speaks(world),
            world=world,
            postgres=postgres,
            database=side.name,
            sizes=Sizes(),
            seed=len(side.rounds),
        )
        wait_for_quiet(turn.sizes.quiet_seconds)
        figures = uvloop.run(measure_pairs(turn, side.pairs))
    print(side.name, {key: round(value, 1) for key, value in figures.items()}, flush=True)
    return figures


async def _count(postgres: Postgres) -> dict[str, str]:
    counts = {}
    for name in ("small", "large"):
        connection = await postgres.connect(name)
        try:
            counts[name] = await connection.fetchval(
                "SELECT to_char(reltuples, 'FM999,999,999,999') || ' seats, '"
                " || pg_size_pretty(pg_total_relation_size('seat'))"
                " FROM pg_class WHERE relname = 'seat'"
            )
        finally:
            await connection.close()
    return counts


def _show(sides: Sequence[_Side], counts: dict[str, str]) -> None:
    print(f"| | {' | '.join(_SHOWN)} |")
    print("|" + "---|" * (len(_SHOWN) + 1))
    for side in sides:
        medians = [statistics.median(one[key] for one in side.rounds) for key in _SHOWN]
        print(f"| {counts[side.name]} | {' | '.join(f'{median:,.1f}' for median in medians)} |")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
