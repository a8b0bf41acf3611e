"""What the simulation's draws and line were worth, each measure with the range it has to lie in."""

import math
import random
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bigcat_graphql import onsale
from bigcat_graphql.database import fetch_all
from bigcat_graphql.onsale.draw import draw, mix
from bigcat_graphql.onsale.record import DrawRecord, find_faults
from bigcat_graphql.simulation.fairness import measures
from bigcat_graphql.simulation.fairness.crowd import PEOPLE, Cohort, Fan
from bigcat_graphql.simulation.fairness.line import Line
from bigcat_graphql.simulation.fairness.measures import Join
from bigcat_graphql.simulation.fairness.report import Measure

# A quarter of those in the lobby are winners, as many as a hall has seats for.
_WINNERS = 4
_TAU_ENTRIES = 10_000
# An estimate of seconds that a tick decides says nothing of the estimates.
_WAIT_LEAST_SECONDS = 5.0
_MEDIAN_MOST, _MOSTLY_MOST = 0.2, 0.4


def judge_draws(
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


async def judge_line(
    concert_id: UUID, line: Line, joins: Sequence[Join], *, per_second: float
) -> list[Measure]:
    """Judge how the line moved, and what was said of it."""
    admissions = await fetch_all(
        "SELECT e.admitted_at, q.drawn_at FROM queue_entry e JOIN sale_queue q USING (concert_id)"
        " WHERE concert_id = $1 AND e.admitted_at IS NOT NULL"
        " AND e.admitted_at < now() - interval '3 seconds'",
        concert_id,
    )
    errors = measures.errors(
        [(one.told, line.let_in_at[one.fan] - one.at) for one in line.estimates
         if line.let_in_at.get(one.fan, 0.0) - one.at > _WAIT_LEAST_SECONDS]
    )  # fmt: skip
    used = len(line.let_in_at) / max(1, len(admissions))
    times = [row["admitted_at"] for row in admissions]
    filled = _filled(times, admissions[0]["drawn_at"] if admissions else None, line, per_second)
    return [
        Measure("overtakes after the opening", measures.overtakes(joins), 0, 0),
        Measure("places in line that grew", line.positions_grown, 0, 0),
        Measure("admissions that somebody used", used, 0.95, 1.0),
        *filled,
        Measure("error of estimates, median", measures.quantile(errors, 0.5), 0.0, _MEDIAN_MOST),
        Measure("error of estimates, p90", measures.quantile(errors, 0.9), 0.0, _MOSTLY_MOST),
        Measure("of those asked, told a wait", line.told / max(1, line.asked), 0.0, 1.0),
    ]


def _filled(
    times: Sequence[datetime], drawn_at: datetime | None, line: Line, per_second: float
) -> list[Measure]:
    """Say which part of the admissions that the pace allows were made while enough waited."""
    if line.is_paced_by_sessions or drawn_at is None or line.busy_until is None:
        return []
    slots = per_second * (line.busy_until - drawn_at).total_seconds()
    made = sum(at <= line.busy_until for at in times)
    # A second's worth more or less: that is how often the line moves.
    most = 1 + 2 * per_second / max(1.0, slots)
    return [Measure("slots filled while somebody waits", made / max(1.0, slots), 0.95, most)]
