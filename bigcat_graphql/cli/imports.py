"""`bigcat seed` and `bigcat import nyphil`."""

from dataclasses import asdict
from pathlib import Path

from bigcat_graphql import database
from bigcat_graphql.catalogue import nyphil
from bigcat_graphql.catalogue.season import SeasonReport, seed_season
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import note, progress, show

_MOST_REPORTED = 20


def seed(*, as_json: bool) -> None:
    """Put a season on sale."""
    report = run_on_database(sow_season)
    text = f"{report.created:,} concerts made, {report.existing:,} were there."
    show(asdict(report), text, as_json=as_json)


async def sow_season() -> SeasonReport:
    """Put a season on sale that begins today by the database's clock."""
    row = await database.fetch_one("SELECT now()")
    if row is None:
        raise AssertionError("a SELECT without FROM has one row")
    with progress("Season") as advance:
        return await seed_season(row[0], progress=advance)


def import_nyphil(file: Path, *, as_json: bool) -> None:
    """Read the New York Philharmonic's programmes."""
    with progress("Concerts") as advance:
        report = run_on_database(lambda: nyphil.import_nyphil(file, progress=advance))
    _note_odd_rows(report.reported)
    text = f"{report.created:,} concerts made, {report.existing:,} were there."
    show(asdict(report), text, as_json=as_json)


def _note_odd_rows(rows: list[str]) -> None:
    for row in rows[:_MOST_REPORTED]:
        note(row)
    if len(rows) > _MOST_REPORTED:
        note(f"... and {len(rows) - _MOST_REPORTED:,} odd rows more: --json lists all.")
