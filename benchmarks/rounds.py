"""The run: rounds in which every contender has its turn, the order moved on each time."""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import uvloop

from benchmarks import pgbench
from benchmarks.contenders import start
from benchmarks.contenders.start import Contender, Unavailable
from benchmarks.database import Postgres
from benchmarks.jobs import (
    audience,
    book,
    checkout,
    choices,
    crowd,
    hall_map,
    hot,
    idle,
    live,
    onlookers,
    queue,
    rush,
    search,
    sleeper,
    stalls,
    storm,
)
from benchmarks.jobs.turn import Figures, Sizes, Turn
from benchmarks.machine import Cores, wait_for_quiet
from benchmarks.watched import FILE as STALLS_FILE
from benchmarks.world import World

Measure = Callable[[Turn], Awaitable[Figures]]

# In this order: live first, in a process whose memory has not grown yet; those that fill the halls
# come after those that look at them.
JOBS: dict[str, Measure] = {
    "live": live.measure,
    "search": search.measure,
    "map": hall_map.measure,
    "idle": idle.measure,
    "book": book.measure,
    "hot": hot.measure,
    "storm": storm.measure,
    "rush": rush.measure,
    "choices": choices.measure,
}
# Each on a server of its own, and only when it is asked for: together they take five minutes.
LONG_JOBS: dict[str, Measure] = {
    "checkout": checkout.measure,
    "queue": queue.measure,
    "crowd": crowd.measure,
    "onlookers": onlookers.measure,
    "sleeper": sleeper.measure,
    "audience": audience.measure,
}
_COMPARED = {"crowd": {"bigcat", "broadcast", "writes"}}
STALLS = "stalls"
PGBENCH = "pgbench"
CONTENDERS = (*start.NAMES, PGBENCH)
_DATABASE = "turn"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one contender did in one job of one round."""

    round: int
    contender: str
    job: str
    figures: Figures


@dataclass(slots=True)
class Run:
    """A run, and what came of it; `faults` and `skipped` are sentences."""

    postgres: Postgres
    world: World
    cores: Cores
    sizes: Sizes
    jobs: Sequence[str]
    logs: Path
    measurements: list[Measurement] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    bookings_checked: int = 0

    def race(self, names: Sequence[str], rounds: int, most_minutes: float) -> int:
        """Give each contender its turn in each round; say how many rounds there was time for."""
        ready, began = list(self._prepare(names)), time.monotonic()
        for number in range(rounds):
            used = time.monotonic() - began
            if number and used * (number + 1) / number > most_minutes * 60:
                return number
            shift = number % max(1, len(ready))
            for name in (*ready[shift:], *ready[:shift]):
                self._try_turn(name, number)
        return rounds

    def _prepare(self, names: Sequence[str]) -> Iterator[str]:
        for name in names:
            try:
                if name != PGBENCH:
                    start.find_contender(name)
                yield name
            except Unavailable as error:
                self._skip(name, error)

    def _try_turn(self, name: str, number: int) -> None:
        began = time.monotonic()
        try:
            self._take_turn(name, number)
        except (Unavailable, OSError, TimeoutError) as error:
            self._skip(f"{name}, round {number + 1}", error)
        print(f"round {number + 1}: {name}, {time.monotonic() - began:.0f} s", flush=True)

    def _take_turn(self, name: str, number: int) -> None:
        if name == PGBENCH:
            self._take_pgbench_turn(number)
            return
        contender = start.find_contender(name)
        jobs = self._chosen(JOBS, contender.jobs)
        if jobs:
            self._run_jobs(contender, number, jobs)
        for job, measure in self._chosen(LONG_JOBS, contender.jobs).items():
            if name in _COMPARED.get(job, {"bigcat"}):
                self._run_jobs(contender, number, {job: measure})
        if name == "bigcat" and STALLS in self.jobs:
            self._take_watched_turn(number)

    def _chosen(self, known: dict[str, Measure], its: frozenset[str] | None) -> dict[str, Measure]:
        return {
            job: measure
            for job, measure in known.items()
            if job in self.jobs and (its is None or job in its)
        }

    def _run_jobs(self, contender: Contender, number: int, jobs: dict[str, Measure]) -> None:
        uvloop.run(self.postgres.renew(_DATABASE))
        running = start.run(contender, self.postgres, _DATABASE, cores=self.cores, logs=self.logs)
        with running as server:
            turn = Turn(
                running=server,
                dialect=contender.speaks(self.world),
                world=self.world,
                postgres=self.postgres,
                database=_DATABASE,
                sizes=self.sizes,
                seed=number,
            )
            wait_for_quiet(self.sizes.quiet_seconds)
            for job, measure in jobs.items():
                self._note(number, contender.name, job, uvloop.run(_measure(measure, turn)))
        self._check(contender.name, number)

    def _take_watched_turn(self, number: int) -> None:
        reports = self.logs / f"stalls-{number}.jsonl"
        plain = start.find_watched_bigcat()
        environment = {**(plain.environment or {}), STALLS_FILE: str(reports)}
        watched = replace(plain, environment=environment)
        self._run_jobs(watched, number, {STALLS: lambda turn: stalls.measure(turn, reports)})

    def _take_pgbench_turn(self, number: int) -> None:
        uvloop.run(self.postgres.renew(_DATABASE))
        wait_for_quiet(self.sizes.quiet_seconds)
        if "book" in self.jobs:
            figures = pgbench.measure_book(self.postgres, _DATABASE, self.world, self.sizes)
            self._note(number, PGBENCH, "book", figures)
            self._check(PGBENCH, number)
        if "idle" in self.jobs:
            uvloop.run(self.postgres.renew(_DATABASE))
            figures = pgbench.measure_idle(self.postgres, _DATABASE, self.world)
            self._note(number, PGBENCH, "idle", figures)

    def _note(self, number: int, contender: str, job: str, figures: Figures) -> None:
        if not figures:  # the job is not for this contender
            return
        self.measurements.append(Measurement(number, contender, job, figures))
        if failed := figures.get("failed"):
            self.faults.append(f"{contender}, round {number + 1}, {job}: {failed:.0f} failed")

    def _check(self, contender: str, number: int) -> None:
        bookings, faults = uvloop.run(self.postgres.check(_DATABASE))
        self.bookings_checked += bookings
        for what, count in faults.items():
            if count:
                self.faults.append(f"{contender}, round {number + 1}: {count} {what}")

    def _skip(self, who: str, error: Exception) -> None:
        self.skipped[who] = str(error) or type(error).__name__
        print(f"skipped {who}: {self.skipped[who]}", flush=True)


async def _measure(measure: Measure, turn: Turn) -> Figures:
    return await measure(turn)
