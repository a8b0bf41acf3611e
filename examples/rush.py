"""500 people want the 100 seats of one hall at the same moment; prove that each was sold once.

    python examples/rush.py                      # a server and a PostgreSQL of its own
    python examples/rush.py --kill-postgres      # PostgreSQL is killed (-9) in the middle
    python examples/rush.py --url http://localhost:8000 --database-url postgresql://…

Every booker is a guest of their own over HTTP: a third want one seat, a third two seats side by
side, a third the best two there are. Who is refused tries other seats until none is left. Ends with
0 if the database proves that nothing went wrong, and with 1 otherwise.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rush_bookers import Booker, Client, Tally, enter, look, rush
from rush_proof import Finding, prove
from rush_stage import Stage, set_stage

WISHES = ("one seat", "a pair", "best two")
_CONCERT = "query ($slug: String!) { concert(by: {slug: $slug}) { id } }"
# Accounts are made before the sale; more at once would only wait in line.
_ENTERING = 32
_RESUME_SECONDS = 5.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Course:
    """How the rush went, before anybody looks into the database."""

    bookers: list[Booker]
    tally: Tally
    seconds: float
    resumed_after_seconds: float | None


def main() -> None:
    """Run the rush, print the proof."""
    options = _read_options()
    course, findings = asyncio.run(_run(options))
    if options.json:
        print(json.dumps(_as_facts(course, findings), indent=2))
    else:
        _show(course, findings)
    sys.exit(0 if all(finding.holds for finding in findings) else 1)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bookers", type=int, default=500, help="how many people")
    parser.add_argument("--seats", type=int, default=100, help="seats of the hall")
    parser.add_argument("--kill-postgres", action="store_true", help="kill it in the middle")
    parser.add_argument("--url", help="a running server; left out, one is started")
    parser.add_argument("--database-url", help="its database; left out, bigcat's own PostgreSQL")
    parser.add_argument("--data-dir", type=Path, help="the BIGCAT_DATA_DIR of its PostgreSQL")
    parser.add_argument("--server-log", type=Path, help="where the started server may write")
    parser.add_argument("--json", action="store_true", help="print facts for a program")
    options = parser.parse_args()
    if options.url and not (options.database_url or options.data_dir):
        parser.error("--url needs --database-url or --data-dir, for the proof")
    if options.kill_postgres and options.database_url and not options.data_dir:
        parser.error("--kill-postgres needs bigcat's own PostgreSQL: say --data-dir")
    return options


async def _run(options: argparse.Namespace) -> tuple[Course, list[Finding]]:
    async with set_stage(
        seats=options.seats,
        url=options.url,
        database=options.database_url,
        data_dir=options.data_dir,
        server_log=options.server_log,
    ) as stage:
        tally = Tally()
        bookers = [
            Booker(number, WISHES[number % len(WISHES)], Client(stage.url, number, tally))
            for number in range(options.bookers)
        ]
        course = await _let_them_rush(stage, bookers, tally, kill=options.kill_postgres)
        findings = [*_judge(course), *_judge_log(stage), *await prove(stage, bookers)]
        await asyncio.gather(*(one.client.close() for one in bookers))
        return course, findings


async def _let_them_rush(
    stage: Stage, bookers: list[Booker], tally: Tally, *, kill: bool
) -> Course:
    visitor = Booker(len(bookers), "to look", Client(stage.url, len(bookers), tally))
    await _let_them_enter(bookers)
    concert = await visitor.client.ask(_CONCERT, {"slug": stage.hall.slug})
    hall = await look(visitor.client, concert["id"])
    running = [asyncio.create_task(rush(one, concert["id"], hall)) for one in bookers]
    killing = asyncio.create_task(_kill_in_the_middle(stage, visitor)) if kill else None
    began = time.monotonic()
    await _watch(running, tally, stage.hall.seats)
    seconds = time.monotonic() - began
    resumed = await killing if killing else None
    await visitor.client.close()
    return Course(bookers, tally, seconds, resumed)


async def _let_them_enter(bookers: Sequence[Booker]) -> None:
    door = asyncio.Semaphore(_ENTERING)

    async def enter_in_turn(booker: Booker) -> None:
        async with door:
            await enter(booker)

    await asyncio.gather(*map(enter_in_turn, bookers))


async def _kill_in_the_middle(stage: Stage, visitor: Booker) -> float:
    """Kill PostgreSQL when a third is sold; tell after how many seconds it is written to again."""
    sold = visitor.client.tally
    while sold.seats < stage.hall.seats // 3:  # noqa: ASYNC110 - a number to reach, not an event
        await asyncio.sleep(_POLL_SECONDS / 10)
    stage.kill_postgres()
    killed = time.monotonic()
    await enter(visitor)
    return time.monotonic() - killed


async def _watch(running: Sequence[asyncio.Task[None]], tally: Tally, seats: int) -> None:
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        people = progress.add_task("people served", total=len(running))
        sold = progress.add_task("seats sold", total=seats)
        while not all(task.done() for task in running):
            await asyncio.sleep(_POLL_SECONDS)
            progress.update(people, completed=sum(task.done() for task in running))
            progress.update(sold, completed=tally.seats)
    await asyncio.gather(*running)


def _judge(course: Course) -> list[Finding]:
    """Look at what the bookers were told."""
    bookers = course.bookers
    losers = [one for one in bookers if not one.seats]
    findings = [
        Finding("answers other than HTTP 200", _count_failures(course.tally), 0),
        Finding("people who met something untyped", sum(bool(one.failure) for one in bookers), 0),
        Finding("losers without a typed error", sum(not one.refusal for one in losers), 0),
    ]
    if course.resumed_after_seconds is not None:
        seconds = round(course.resumed_after_seconds, 2)
        findings.append(
            Finding("seconds until it worked again", seconds, _RESUME_SECONDS, at_most=True)
        )
    return findings


def _count_failures(tally: Tally) -> int:
    return sum(count for status, count in tally.statuses.items() if status != 200)


def _judge_log(stage: Stage) -> list[Finding]:
    deadlocks = stage.count_deadlocks()
    return [] if deadlocks is None else [Finding("deadlocks", deadlocks, 0)]


def _as_facts(course: Course, findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "seconds": round(course.seconds, 3),
        "resumed_after_seconds": course.resumed_after_seconds,
        "winners": sum(bool(one.seats) for one in course.bookers),
        "losers": dict(_count_losers(course.bookers)),
        "failures": [one.failure for one in course.bookers if one.failure],
        "refusals": dict(course.tally.refusals),
        "retries": dict(course.tally.retries),
        "proof": [asdict(finding) | {"holds": finding.holds} for finding in findings],
    }


def _count_losers(bookers: Sequence[Booker]) -> Counter[str]:
    return Counter(one.refusal or "nothing" for one in bookers if not one.seats)


def _show(course: Course, findings: Sequence[Finding]) -> None:
    facts = _as_facts(course, findings)
    print(f"{len(course.bookers):,} people, served in {course.seconds:.1f} s")
    for name in ("winners", "losers", "refusals", "retries", "failures"):
        print(f"  {name:<9} {facts[name] or 'none'}")
    table = Table("what", "found", "wanted", "holds")
    for one in findings:
        wanted = f"{'at most ' * one.at_most}{one.wanted:,}"
        table.add_row(one.what, f"{one.found:,}", wanted, "yes" if one.holds else "NO")
    Console().print(table)


if __name__ == "__main__":
    main()
