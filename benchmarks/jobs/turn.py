"""One contender's turn: what a job is given, and what it gives back."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from benchmarks.contenders.start import Running
from benchmarks.database import Postgres
from benchmarks.dialects import Dialect
from benchmarks.machine import Meter, Spent
from benchmarks.world import Buyer, World

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long and how much."""

    warm_seconds: float = 0.7
    search_seconds: float = 2.5
    book_seconds: float = 3.0
    idle_bookings: int = 200
    hot_halls: int = 3
    storm_clients: int = 1_000
    viewers: int = 1_000
    changes: int = 20
    maps: int = 5
    rush_seconds: float = 1.5
    crowd: int = 10_000
    crowd_changes: int = 20
    # Six times as long, 32 clients must not come to the end of the arena.
    onlookers_seconds: float = 0.4
    sleep_seconds: float = 60.0
    audience: int = 2_000
    queue_entries: int = 100_000
    queue_joins: int = 8_000
    queue_watchers: int = 1_000
    queue_seconds: float = 5.0
    quiet_seconds: float = 5.0  # how long to wait at most for the machine to come to rest


QUICK = Sizes(
    warm_seconds=0.3,
    search_seconds=0.7,
    book_seconds=0.7,
    idle_bookings=40,
    hot_halls=1,
    storm_clients=300,
    viewers=200,
    changes=4,
    maps=2,
    rush_seconds=0.5,
    crowd=1_000,
    crowd_changes=4,
    onlookers_seconds=0.2,
    sleep_seconds=8.0,
    audience=200,
    queue_entries=5_000,
    queue_joins=1_200,
    queue_watchers=100,
    queue_seconds=2.0,
    quiet_seconds=0.5,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A contender that runs on a fresh database, and the chance that all of its round share."""

    running: Running
    dialect: Dialect
    world: World
    postgres: Postgres
    database: str
    sizes: Sizes
    seed: int

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.running.port

    def meter(self) -> Meter:
        """Begin to count CPU time."""
        return Meter(self.running.pid, self.postgres.pid)

    def chance(self, job: str) -> random.Random:
        """Give the same random numbers to every contender of a round."""
        return random.Random(f"{job}-{self.seed}")

    def buyers_of(self, client: int, clients: int) -> Sequence[Buyer]:
        """Give a client its own buyers: two of an account at once would wait for each other."""
        return self.world.buyers[client::clients]


def cost_of(spent: Spent, count: int) -> Figures:
    """Say what one of `count` things cost; a server and PostgreSQL share a core."""
    each = 1e6 / max(1, count)
    return {
        "server_us": spent.server_seconds * each,
        "postgres_us": spent.postgres_seconds * each,
        "load_cores": spent.load_cores,
        "foreign_cores": spent.foreign_cores,
    }


def percentile(seconds: Sequence[float], part: float) -> float:
    """Give a percentile in milliseconds; 0 when there is nothing."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1e3 if ordered else 0.0


def shuffled_pairs(
    halls: Sequence[UUID], seats: int, chance: random.Random
) -> Iterator[tuple[UUID, tuple[int, int]]]:
    """Give disjoint pairs of seats of all halls in random order."""
    pairs = [(hall, pair) for hall in halls for pair in _pairs_of(list(range(seats)), chance)]
    chance.shuffle(pairs)
    return iter(pairs)


def _pairs_of(seats: list[int], chance: random.Random) -> list[tuple[int, int]]:
    chance.shuffle(seats)
    return list(zip(seats[::2], seats[1::2], strict=True))
