"""`bigcat onsale-sim`."""

import asyncio
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bigcat_graphql.cli.pictures import check_place
from bigcat_graphql.cli.places import run
from bigcat_graphql.cli.terminal import Refused, note, show
from bigcat_graphql.simulation.faults import NotReady
from bigcat_graphql.simulation.figures import percentile
from bigcat_graphql.simulation.picture import draw
from bigcat_graphql.simulation.report import Report
from bigcat_graphql.simulation.run import Moment, Options, simulate

_RECENT_SECONDS = 10
_SEEDS = 1_000_000


def simulate_sale(
    *,
    seconds: float,
    buyers: int,
    visits_per_second: float,
    seed: int | None,
    kill: bool,
    picture: Path | None,
    logs: Path | None,
    as_json: bool,
) -> None:
    """Run the simulation, print what came of it, and refuse when something broke."""
    check_place(picture)
    chosen = secrets.randbelow(_SEEDS) if seed is None else seed
    options = Options(
        seconds=seconds,
        buyers=buyers,
        visits_per_second=visits_per_second,
        seed=chosen,
        kill=kill,
        logs=logs,
    )
    try:
        report = run(_simulate_until_told(options))
    except NotReady as error:
        raise Refused("The servers do not start: say --logs DIRECTORY, and read.") from error
    if picture is not None:
        picture.write_text(draw(report))
    if as_json:
        show(report.as_facts(), "", as_json=True)
    else:
        _print(report)
    if not report.holds:
        raise Refused(f"Something broke, see above. The same dice again: --seed {report.seed}")


async def _simulate_until_told(options: Options) -> Report:
    """Run to the end, or to Ctrl-C and SIGTERM, which end every process in order too."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise AssertionError("a coroutine that runs is in a task")
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        with _onlooker(options.seconds) as look:
            return await simulate(options, look)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextmanager
def _onlooker(seconds: float) -> Iterator[Callable[[Moment], None]]:
    if not sys.stderr.isatty():
        note(f"A rush of {seconds:g} s begins; the result comes at its end.")
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("letting people in", total=seconds, figures="")

        def look(moment: Moment) -> None:
            figures = _say(moment)
            bars.update(bar, completed=moment.seconds, description=moment.phase, figures=figures)

        yield look


def _say(moment: Moment) -> str:
    timeline = moment.office.timeline
    p99_seconds = percentile(timeline.recent_waits(_RECENT_SECONDS), 0.99)
    violations = moment.watch.violations.total() + moment.office.ledger.broken.total()
    return (
        f"{timeline.bookings.total():,} bookings, p99 {p99_seconds * 1e3:,.0f} ms,"
        f" {moment.office.refusals.total():,} refused, {moment.kills} killed,"
        f" [bold]{violations} violations[/]"
    )


def _print(report: Report) -> None:
    console = Console()
    waits = {name: f"{seconds * 1e3:,.0f} ms" for name, seconds in report.waits_seconds.items()}
    console.print(
        f"{report.buyers:,} buyers ({report.accounts:,} accounts, {report.concerts} concerts),"
        f" {report.seconds:.0f} s, seed {report.seed}\n"
        f"{report.bookings:,} bookings, {report.bookings_per_second:.1f} a second;"
        f" {report.answers:,} answers, {report.repeats:,} repeats answered alike\n"
        f"until the answer, retries included: p50 {waits['p50']}, p99 {waits['p99']},"
        f" longest {waits['most']}",
        highlight=False,
    )
    _print_counts(console, "refused", report.refusals)
    _print_counts(console, "asked again", report.retries)
    if report.kills:
        _print_kills(console, report)
    table = Table("what may not be", "found", "allowed", "holds")
    for one in report.findings:
        allowed = f"{'at most ' * one.at_most}{one.wanted:g}"
        table.add_row(one.what, f"{one.found:,g}", allowed, "yes" if one.holds else "NO")
    console.print(table)
    console.print(f"The database was looked through {report.looks:,} times.", highlight=False)
    for example in report.examples:
        console.print(f"  {example}", markup=False, highlight=False)


def _print_counts(console: Console, title: str, counts: object) -> None:
    if isinstance(counts, dict) and counts:
        text = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        console.print(f"{title}: {text}", markup=False, highlight=False)


def _print_kills(console: Console, report: Report) -> None:
    table = Table("killed (-9)", "at", "bookings again after", "all nodes after")
    for kill in report.kills:
        table.add_row(
            kill.what,
            f"{kill.at_seconds:.0f} s",
            f"{kill.back_after_seconds:.2f} s",
            f"{kill.all_back_after_seconds:.2f} s",
        )
    console.print(table)
