"""The simulation from its first process to its report."""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bigcat_graphql import onsale
from bigcat_graphql.database import close_database, fetch_all, migrate, open_database
from bigcat_graphql.onsale.record import DrawRecord, read_record
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.simulation.fairness.crowd import (
    PEOPLE,
    Fan,
    enter_all,
    fill_lobby,
    make_crowd,
)
from bigcat_graphql.simulation.fairness.judging import judge_draws, judge_line
from bigcat_graphql.simulation.fairness.line import Line, Watcher, ask_for_estimates
from bigcat_graphql.simulation.fairness.measures import Join
from bigcat_graphql.simulation.fairness.report import FairnessReport, Measure
from bigcat_graphql.simulation.fairness.stage import announce
from bigcat_graphql.simulation.faults import wait_until_ready
from bigcat_graphql.simulation.nodes import Node, run_nodes
from bigcat_graphql.simulation.postgres import run_postgres

_LATE_GAP_SECONDS = 0.005
# Seats enough that only part of them is ever in play, and few that the hall is a hall.
_SEATS_LEAST, _SEATS_EACH = 2_000, 4
# Half of those who will be gone hang up all at once, so long after the opening.
_BURST_AFTER_SECONDS = 3.0
# Everybody who is here is let in within this part of the time; estimates are asked for after these.
_LET_IN_SHARE = 0.7
_ESTIMATE_SHARES = (0.2, 0.35, 0.5)
_PATIENCE_SECONDS = 90.0
# Until every socket is open.
_SETTLING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How many, how long, and by which dice; `requests` is how often a bot asks."""

    people: int
    bots: int
    farm: int
    late: int
    requests: int
    draws: int
    drop_out: float
    seconds: float
    choosing: float
    seed: int

    @property
    def accounts(self) -> int:
        """How many there are in all."""
        return self.people + self.bots + self.farm + self.late

    @property
    def admissions_per_second(self) -> float:
        """How fast the line moves, so that it has moved on when the time is over."""
        here = self.accounts - self.people * self.drop_out
        return max(0.5, here / (self.seconds * _LET_IN_SHARE))

    @property
    def settings(self) -> dict[str, str]:
        """What the servers are told.

        Where people take time to choose, they pace the line: as many are in as makes the same rate
        of it.
        """
        pace, inside = self.admissions_per_second, 100_000
        if self.choosing:
            pace, inside = 4 * pace, max(2, round(self.admissions_per_second * self.choosing))
        return {
            "BIGCAT_BEACON_URL": "off",
            "BIGCAT_QUEUE_ADMISSIONS_PER_SECOND": str(pace),
            "BIGCAT_QUEUE_ADMITTED_MAX": str(inside),
            "BIGCAT_QUEUE_JOINS_PER_SECOND": "1000000",
        }


Onlooker = Callable[[str], None]


class NotDrawn(Exception):
    """The sale did not open: nobody drew its queue."""


async def simulate(options: Options, tell: Onlooker) -> FairnessReport:
    """Run it; the onlooker is told what goes on.

    Raises:
        EmbeddedRefused: PostgreSQL cannot run here.
        NotReady: a server does not start.
        NotDrawn: the queue was not drawn.
    """
    dice = random.Random(options.seed)
    with run_postgres() as postgres, tempfile.TemporaryDirectory() as logs:
        await migrate(postgres.url)
        await open_database(postgres.url, pool_min=0, pool_max=4)
        try:
            async with run_nodes(postgres.url, Path(logs), options.settings, skew=False) as nodes:
                await wait_until_ready(nodes, dice)
                return await _simulate(options, nodes, dice, tell)
        finally:
            await close_database()


async def _simulate(
    options: Options, nodes: Sequence[Node], dice: random.Random, tell: Onlooker
) -> FairnessReport:
    wires = [node.wire for node in nodes]
    crowd = make_crowd(wires, people=options.people, bots=options.bots, farm=options.farm)
    late = make_crowd(wires, people=options.late, bots=0, farm=0, first_number=len(crowd))
    tell(f"{len(crowd) + len(late):,} accounts enter")
    await enter_all([*crowd, *late])
    concert_id = await announce(max(_SEATS_LEAST, _SEATS_EACH * options.accounts))
    tell("the lobby fills")
    line = _make_line(concert_id, options)
    await fill_lobby(crowd, line.concert_id, requests=options.requests, dice=dice)
    watchers = [Watcher(fan, line, random.Random(dice.random())) for fan in crowd]
    async with asyncio.TaskGroup() as group:
        for watcher in watchers:
            group.create_task(watcher.stay())
        await asyncio.sleep(_SETTLING_SECONDS)
        tell("the draw")
        record = await _open_and_draw(concert_id)
        line.open()
        tell("the line moves")
        late_watchers = [Watcher(fan, line, random.Random(dice.random())) for fan in late]
        joins = await _move(line, watchers, late_watchers, options, dice)
        for watcher in (*watchers, *late_watchers):
            watcher.hang_up()
    lottery, wins = judge_draws(record, crowd, options.draws, dice)
    return FairnessReport(
        seed=options.seed,
        accounts=len(crowd) + len(late),
        draws=options.draws,
        seconds=line.seconds,
        wins=wins,
        let_in=len(line.let_in_at),
        bought=line.bought,
        measures=[
            *lottery,
            *await judge_line(concert_id, line, joins, per_second=options.admissions_per_second),
            Measure("honest people refused", _count_refusals([*crowd, *late]), 0, 0),
        ],
    )


def _make_line(concert_id: UUID, options: Options) -> Line:
    return Line(
        write_id("Concert", concert_id),
        choosing_seconds=options.choosing,
        busy_above=2 * options.admissions_per_second,
    )


async def _open_and_draw(concert_id: UUID) -> DrawRecord:
    """Let the opening come, and read the record that the servers' draw left."""
    await fetch_all("UPDATE concert SET opens_at = now() WHERE id = $1 RETURNING id", concert_id)
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        published = await onsale.find_draw(concert_id)
        if published and published.drawn_at:
            document = await onsale.draw_document(published.sale_id.hex)
            return read_record(document or b"")
        await asyncio.sleep(0.1)
    raise NotDrawn


async def _move(
    line: Line,
    watchers: Sequence[Watcher],
    late: Sequence[Watcher],
    options: Options,
    dice: random.Random,
) -> list[Join]:
    """Let some hang up, and others come late, while the line moves; who came late, and when."""
    joins: list[Join] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(_drop_out(watchers, options, dice))
        for watcher in late:
            group.create_task(_join_late(watcher, line.concert_id, joins))
            await asyncio.sleep(_LATE_GAP_SECONDS)
        for share in _ESTIMATE_SHARES:
            await asyncio.sleep(max(0.0, options.seconds * share - line.seconds))
            here = [one.fan for one in (*watchers, *late) if not one.is_gone]
            await ask_for_estimates(here, line, dice)
        await asyncio.sleep(max(0.0, options.seconds - line.seconds))
    return joins


async def _drop_out(watchers: Sequence[Watcher], options: Options, dice: random.Random) -> None:
    """Let a part of the people hang up: half of them all at once, the others one by one."""
    going = [watcher for watcher in watchers if watcher.fan.cohort in PEOPLE]
    going = dice.sample(going, round(len(going) * options.drop_out))
    burst, rest = going[: len(going) // 2], going[len(going) // 2 :]
    await asyncio.sleep(_BURST_AFTER_SECONDS)
    for watcher in burst:
        watcher.hang_up()
    for watcher in rest:
        await asyncio.sleep(options.seconds / 3 / max(1, len(rest)))
        watcher.hang_up()


async def _join_late(watcher: Watcher, concert_id: str, joins: list[Join]) -> None:
    asked_at = time.monotonic()
    await watcher.fan.join(concert_id)
    if watcher.fan.rank is not None:
        joins.append(Join(asked_at, time.monotonic(), watcher.fan.rank))
        await watcher.stay()


def _count_refusals(fans: Sequence[Fan]) -> int:
    return sum(fan.refusals.total() for fan in fans if fan.cohort in PEOPLE)
