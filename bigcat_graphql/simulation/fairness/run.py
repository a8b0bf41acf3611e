"""The simulation from its first process to its report."""

import asyncio
import math
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from bigcat_graphql import catalogue, onsale
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import close_database, fetch_all, migrate, open_database
from bigcat_graphql.models import SeatType
from bigcat_graphql.money import Money
from bigcat_graphql.onsale.draw import draw, mix
from bigcat_graphql.onsale.record import DrawRecord, find_faults, read_record
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.simulation.fairness import measures
from bigcat_graphql.simulation.fairness.crowd import (
    PEOPLE,
    Cohort,
    Fan,
    enter_all,
    fill_lobby,
    make_crowd,
)
from bigcat_graphql.simulation.fairness.line import Line, Watcher, ask_for_estimates
from bigcat_graphql.simulation.fairness.measures import Join
from bigcat_graphql.simulation.fairness.report import FairnessReport, Measure
from bigcat_graphql.simulation.faults import wait_until_ready
from bigcat_graphql.simulation.nodes import Node, run_nodes
from bigcat_graphql.simulation.postgres import run_postgres

# A quarter of those in the lobby are winners, as many as a hall has seats for.
_WINNERS = 4
_ROWS, _SEATS_PER_ROW = 40, 50
_TAU_ENTRIES = 10_000
_LATE_GAP_SECONDS = 0.005
# Half of those who will be gone hang up all at once, so long after the opening.
_BURST_AFTER_SECONDS = 3.0
# Everybody who is here is let in within this part of the time, estimates are asked for after that.
_LET_IN_SHARE = 0.7
_ESTIMATE_SHARE = 0.2
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
    seed: int

    @property
    def admissions_per_second(self) -> float:
        """How fast the line moves, so that it has moved on when the time is over."""
        here = self.people * (1 - self.drop_out) + self.bots + self.farm + self.late
        return max(0.5, here / (self.seconds * _LET_IN_SHARE))


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
    settings = {
        "BIGCAT_BEACON_URL": "off",
        "BIGCAT_QUEUE_ADMISSIONS_PER_SECOND": str(options.admissions_per_second),
        "BIGCAT_QUEUE_JOINS_PER_SECOND": "1000000",
    }
    with run_postgres() as postgres, tempfile.TemporaryDirectory() as logs:
        await migrate(postgres.url)
        await open_database(postgres.url, pool_min=0, pool_max=4)
        try:
            async with run_nodes(postgres.url, Path(logs), settings, skew=False) as nodes:
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
    concert_id = await _announce()
    tell("the lobby fills")
    line = Line(write_id("Concert", concert_id))
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
    lottery, wins = _judge_draws(record, crowd, options.draws, dice)
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
            *await _judge_line(concert_id, line, joins),
            Measure("honest people refused", _count_refusals([*crowd, *late]), 0, 0),
        ],
    )


async def _announce() -> UUID:
    """Make a hall whose sale opens once everybody is there, with a queue in front."""
    venue = await catalogue.create_venue(
        catalogue.VenueDraft("Fair hall", "Austin", "US", "America/Chicago")
    )
    rows = [catalogue.RowDraft(f"{number}", _SEATS_PER_ROW, "r") for number in range(1, _ROWS + 1)]
    plan = await catalogue.publish_plan(
        venue.id,
        catalogue.PlanDraft(
            name="Hall",
            width=1000,
            height=800,
            tiers=[catalogue.PlanTier("r", "Stalls", SeatType.REGULAR, "#1d4ed8")],
            sections=[catalogue.SectionDraft("stalls", "Stalls", rows)],
        ),
    )
    concert = await catalogue.create_concert(
        catalogue.ConcertDraft(
            venue_id=venue.id,
            plan_id=plan.id,
            artists=["The Lots"],
            starts_at=utc_now() + timedelta(days=30),
            opens_at=utc_now() + timedelta(days=1),
            prices=[catalogue.PriceDraft("r", Money(5_000, "USD"))],
        )
    )
    await onsale.announce_queue(concert.id)
    return concert.id


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
        await asyncio.sleep(options.seconds * _ESTIMATE_SHARE)
        here = [watcher.fan for watcher in watchers if not watcher.is_gone]
        await ask_for_estimates(here, line)
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


def _judge_draws(
    record: DrawRecord, crowd: Sequence[Fan], draws: int, dice: random.Random
) -> tuple[list[Measure], dict[Cohort, float]]:
    """Judge the draw that was, and what other seeds would have made of the same lobby."""
    cohorts = {bytes.fromhex(fan.receipt): fan.cohort for fan in crowd}
    wins: dict[Cohort, list[bool]] = {cohort: [] for cohort in Cohort}
    for _ in range(draws):
        order = draw(_some_final(record, dice), record.entrants)
        first = set(order[: len(order) // _WINNERS])
        for receipt, cohort in cohorts.items():
            wins[cohort].append(receipt in first)
    shares = {cohort: measures.share(won) for cohort, won in wins.items() if won}
    tau, chance = _tau(dice), _chance(wins)
    return [
        Measure("faults in the record of the draw", len(find_faults(record)), 0, 0),
        Measure("receipts that are not in it", len(cohorts) - len(record.entrants), 0, 0),
        Measure("win ratio bot to person, mean", _ratio(wins), 1 - chance, 1 + chance),
        Measure("Jain's index over cohorts", measures.jain(list(shares.values())), 0.995, 1.0),
        Measure("Kendall's tau, joining to rank", tau, -0.0219, 0.0219),
    ], shares


def _ratio(outcomes: dict[Cohort, list[bool]]) -> float:
    people = [won for cohort in PEOPLE for won in outcomes[cohort]]
    return measures.win_ratio(outcomes[Cohort.BOT] or people, people)


def _chance(wins: dict[Cohort, list[bool]]) -> float:
    """Say how far the ratio may be off: a hundredth, or four standard errors of a small sample."""
    people = sum(len(wins[cohort]) for cohort in PEOPLE)
    bots = len(wins[Cohort.BOT]) or people
    return max(0.01, 4 * math.sqrt((_WINNERS - 1) * (1 / bots + 1 / people)))


def _some_final(record: DrawRecord, dice: random.Random) -> bytes:
    return mix(sale_id=record.sale_id, seed=dice.randbytes(32), entries_root=record.entries_root)


def _tau(dice: random.Random) -> float:
    """Draw 10,000 who joined one after the other, and compare the two orders."""
    ids = [dice.randbytes(16) for _ in range(_TAU_ENTRIES)]
    entrants = [onsale.Entrant(one, b"") for one in ids]
    ranks = {one: rank for rank, one in enumerate(draw(dice.randbytes(32), entrants))}
    return measures.kendall_tau([ranks[one] for one in ids])


async def _judge_line(concert_id: UUID, line: Line, joins: Sequence[Join]) -> list[Measure]:
    rows = await fetch_all(
        "SELECT count(*) AS count FROM queue_entry WHERE concert_id = $1"
        " AND admitted_at < now() - interval '3 seconds'",
        concert_id,
    )
    used = len(line.let_in_at) / max(1, rows[0]["count"])
    truths = {fan: at - line.estimates[fan][0] for fan, at in line.let_in_at.items()
              if fan in line.estimates and at > line.estimates[fan][0]}  # fmt: skip
    estimates = {fan: wait for fan, (_, wait) in line.estimates.items()}
    return [
        Measure("overtakes after the opening", measures.overtakes(joins), 0, 0),
        Measure("places in line that grew", line.positions_grown, 0, 0),
        Measure("admissions that somebody used", used, 0.95, 1.0),
        Measure("error of estimates, median", measures.median_error(estimates, truths), 0.0, 0.2),
    ]


def _count_refusals(fans: Sequence[Fan]) -> int:
    return sum(fan.refusals.total() for fan in fans if fan.cohort in PEOPLE)
