"""The simulation from its first process to its report; whatever it started ends with it."""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bigcat_graphql.database import close_database, migrate, open_database
from bigcat_graphql.simulation import proof
from bigcat_graphql.simulation.box_office import BoxOffice
from bigcat_graphql.simulation.buyers import Buyer
from bigcat_graphql.simulation.faults import Faults, wait_until_ready
from bigcat_graphql.simulation.gong import Gong
from bigcat_graphql.simulation.ledger import Ledger
from bigcat_graphql.simulation.nodes import RESERVATION_MAX_SECONDS, Node, run_nodes
from bigcat_graphql.simulation.postgres import Postgres, run_postgres
from bigcat_graphql.simulation.report import (
    Finding,
    Report,
    judge_answers,
    judge_kills,
    summarize_waits,
)
from bigcat_graphql.simulation.shows import Shows
from bigcat_graphql.simulation.watch import CHECKS, Watch

# Accounts are made before the sale; more at once would only wait in line.
_ENTERING = 64
_TICK_SECONDS = 0.5
# Buyers end what they began: the last kill, and the patience of a client, are over by then.
_LEAVING_SECONDS = 75.0
_LAST_LOOK_SECONDS = RESERVATION_MAX_SECONDS + 15.0


@dataclass(frozen=True, slots=True)
class Options:
    """How big, how long, and by which dice."""

    seconds: float
    buyers: int
    visits_per_second: float
    seed: int
    kill: bool
    logs: Path | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """How it stands, for whoever watches."""

    phase: str
    seconds: float
    office: BoxOffice
    watch: Watch
    kills: int


Onlooker = Callable[[Moment], None]


@dataclass(slots=True)
class _Evening:
    """Everything that takes part."""

    options: Options
    office: BoxOffice
    shows: Shows
    gong: Gong
    watch: Watch
    faults: Faults
    buyers: list[Buyer]
    onlooker: Onlooker

    def show(self, phase: str) -> None:
        seconds = self.office.timeline.seconds
        self.onlooker(Moment(phase, seconds, self.office, self.watch, len(self.faults.kills)))


async def simulate(options: Options, onlooker: Onlooker) -> Report:
    """Run it; the onlooker is shown every half second how it stands.

    Raises:
        EmbeddedRefused: PostgreSQL cannot run here.
        NotReady: a server does not start.
    """
    with run_postgres() as postgres, _directory_for_logs(options.logs) as logs:
        await migrate(postgres.url)
        async with _database_open(postgres), run_nodes(postgres.url, logs) as nodes:
            evening = await _prepare(options, postgres, nodes, onlooker)
            await wait_until_ready(nodes, evening.faults.dice)
            async with _in_background(evening):
                await _let_in(evening)
                left = await _sell(evening)
                evening.show("waiting for the last reservations")
                await evening.watch.look_at_the_end(_LAST_LOOK_SECONDS)
            for node in nodes:
                await node.stop()
            return await _report(evening, postgres, left)


async def _prepare(
    options: Options, postgres: Postgres, nodes: list[Node], onlooker: Onlooker
) -> _Evening:
    dice = random.Random(options.seed)
    office = BoxOffice([node.wire for node in nodes], Ledger(), random.Random(dice.random()))
    shows = await Shows.build(options.buyers)
    gong = Gong(options.buyers / options.visits_per_second)
    buyers = [
        Buyer(number, office, shows, gong, random.Random(dice.random()))
        for number in range(options.buyers)
    ]
    faults = Faults(nodes, postgres, dice, lambda: office.timeline.seconds, gong)
    return _Evening(options, office, shows, gong, Watch(), faults, buyers, onlooker)


@asynccontextmanager
async def _in_background(evening: _Evening) -> AsyncIterator[None]:
    """Keep concerts on sale, watch, and show how it stands; if one of them fails, all end."""
    shows = evening.shows
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(shows.keep_open(evening.office)),
            group.create_task(
                evening.watch.look_for_ever(lambda: [show.concert_id for show in shows.open])
            ),
            group.create_task(_show_for_ever(evening)),
        ]
        yield
        for task in tasks:
            task.cancel()


async def _show_for_ever(evening: _Evening) -> None:
    while True:
        evening.show("on sale")
        await asyncio.sleep(_TICK_SECONDS)


async def _let_in(evening: _Evening) -> None:
    door = asyncio.Semaphore(_ENTERING)

    async def enter_in_turn(buyer: Buyer) -> None:
        async with door:
            await buyer.enter()

    await asyncio.gather(*map(enter_in_turn, evening.buyers))


async def _sell(evening: _Evening) -> int:
    """Let everybody buy for the time there is; returns how many did not come to an end."""
    evening.office.timeline.begin()
    living = [asyncio.create_task(buyer.live()) for buyer in evening.buyers]
    gong = asyncio.create_task(evening.gong.sound_for_ever(evening.faults.dice))
    try:
        async with asyncio.TaskGroup() as group:
            if evening.options.kill:
                group.create_task(evening.faults.strike(evening.options.seconds))
            group.create_task(asyncio.sleep(evening.options.seconds))
        evening.office.timeline.end()
        gong.cancel()
        evening.gong.close()
        done, left = await asyncio.wait(living, timeout=_LEAVING_SECONDS)
        for task in done:
            task.result()  # a fault of the simulation itself is not swallowed
        return len(left)
    finally:
        for task in (gong, *living):
            task.cancel()
        await asyncio.gather(gong, *living, return_exceptions=True)


async def _report(evening: _Evening, postgres: Postgres, left: int) -> Report:
    office, watch, ledger = evening.office, evening.watch, evening.office.ledger
    broken = await proof.broken_promises(ledger.promises)
    watch.note("broken_promises", broken)
    ended = [node.ended_by_itself for node in evening.faults.nodes]
    checks = [*(check.__name__ for check in CHECKS), "broken_promises"]
    return Report(
        seed=evening.options.seed,
        buyers=evening.options.buyers,
        accounts=sum(buyer.lives for buyer in evening.buyers),
        concerts=evening.shows.made,
        seconds=office.timeline.seconds,
        bookings=office.timeline.bookings.total(),
        answers=office.timeline.answers,
        waits_seconds=summarize_waits(office.timeline),
        refusals=dict(office.refusals.most_common()),
        retries=dict(office.retries.most_common()),
        repeats=ledger.replays,
        looks=watch.looks,
        kills=evening.faults.kills,
        findings=[
            *(Finding(name.replace("_", " "), watch.violations[name], 0) for name in checks),
            *judge_answers(office, left),
            Finding("servers that ended by themselves", sum(ended), 0),
            Finding("deadlocks", postgres.count_deadlocks(), 0),
            *judge_kills(evening.faults.kills),
        ],
        examples=[*watch.examples, *ledger.examples],
        timeline=office.timeline,
    )


@asynccontextmanager
async def _database_open(postgres: Postgres) -> AsyncIterator[None]:
    await open_database(postgres.url, pool_min=0, pool_max=4)
    try:
        yield
    finally:
        await close_database()


@contextmanager
def _directory_for_logs(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="bigcat-onsale-logs-") as directory:
        yield Path(directory)
