"""`bigcat import nyphil`."""

from dataclasses import asdict
from pathlib import Path

from bigcat_graphql.catalogue import nyphil
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import note, progress, show

_MOST_REPORTED = 20


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
