"""`bigcat fairness-sim`."""

import secrets
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bigcat_graphql.cli.pictures import check_place
from bigcat_graphql.cli.places import run
from bigcat_graphql.cli.terminal import Refused, note, show
from bigcat_graphql.simulation.fairness.picture import draw
from bigcat_graphql.simulation.fairness.report import FairnessReport
from bigcat_graphql.simulation.fairness.run import Options, simulate
from bigcat_graphql.simulation.faults import NotReady

_SEEDS = 1_000_000


def simulate_fairness(
    *,
    people: int,
    bots: int,
    farm: int,
    requests: int,
    draws: int,
    drop_out: float,
    seconds: float,
    choosing: float,
    seed: int | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Run the simulation, print what came of it, and refuse when it was not fair."""
    check_place(picture)
    options = Options(
        people=people,
        bots=bots,
        farm=farm,
        late=max(10, people // 5),
        requests=requests,
        draws=draws,
        drop_out=drop_out,
        seconds=seconds,
        choosing=choosing,
        seed=secrets.randbelow(_SEEDS) if seed is None else seed,
    )
    try:
        report = run(simulate(options, note))
    except NotReady as error:
        raise Refused("The servers do not start.") from error
    if picture is not None:
        picture.write_text(draw(report))
    if as_json:
        show(report.as_facts(), "", as_json=True)
    else:
        _print(report)
    if not report.holds:
        raise Refused(f"It was not fair, see above. The same dice again: --seed {report.seed}")


def _print(report: FairnessReport) -> None:
    console = Console()
    console.print(
        f"{report.accounts:,} accounts, {report.draws:,} draws, {report.let_in:,} let in and"
        f" {report.bought:,} of them bought in {report.seconds:.0f} s, seed {report.seed}",
        highlight=False,
    )
    wins = Table("accounts", "among the first quarter")
    for cohort, won in report.wins.items():
        wins.add_row(cohort.value, f"{won:.2%}")
    console.print(wins)
    table = Table("measure", "found", "has to be", "holds")
    for one in report.measures:
        wanted = f"{one.least:g}" if one.least == one.most else f"{one.least:g} to {one.most:g}"
        table.add_row(one.what, f"{one.found:,.4g}", wanted, "yes" if one.holds else "NO")
    console.print(table)
