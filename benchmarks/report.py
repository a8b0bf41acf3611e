"""The results: JSON with every figure, a table in Markdown, a picture in SVG."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import orjson

from benchmarks.figures import SHEETS, Sheet, Summary, rank
from benchmarks.picture import draw
from benchmarks.rounds import Run

_FOREIGN_CORES = 0.2


def write(run: Run, facts: Mapping[str, str], directory: Path) -> str:
    """Write all three, and give the table."""
    directory.mkdir(parents=True, exist_ok=True)
    text = "\n".join(_lines(run, facts)) + "\n"
    (directory / "results.md").write_text(text)
    (directory / "results.svg").write_text(draw(run.measurements, facts))
    record = {
        "facts": facts,
        "measurements": [asdict(one) for one in run.measurements],
        "faults": run.faults,
        "skipped": run.skipped,
        "bookings_checked": run.bookings_checked,
    }
    (directory / "results.json").write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))
    return text


def _lines(run: Run, facts: Mapping[str, str]) -> Iterator[str]:
    yield "; ".join(f"{name} {value}" for name, value in facts.items()) + "."
    yield ""
    yield _describe_check(run)
    disturbed = _disturbed(run)
    yield f"Foreign load above {_FOREIGN_CORES} of a core in {disturbed} of these measurements."
    for who, why in run.skipped.items():
        yield f"Skipped: {who}: {why}"
    for sheet in SHEETS:
        yield from _table(run, sheet)


def _describe_check(run: Run) -> str:
    checked = f"Checked in the database: {run.bookings_checked:,} bookings"
    if not run.faults:
        return f"{checked}, nothing wrong with any of them; no request failed."
    return f"{checked}. **Faults:** " + "; ".join(run.faults)


def _disturbed(run: Run) -> int:
    return sum(one.figures.get("foreign_cores", 0.0) > _FOREIGN_CORES for one in run.measurements)


def _table(run: Run, sheet: Sheet) -> Iterator[str]:
    rows = rank(run.measurements, sheet)
    if not rows:
        return
    reference = dict(rows).get(sheet.reference, {}).get(sheet.main.key)
    headings = ["", *(column.heading for column in sheet.columns)]
    headings.insert(2, f"x {sheet.reference}")
    yield ""
    yield f"### {sheet.title}"
    yield ""
    yield f"| {' | '.join(headings)} |"
    yield "|" + "---|" * len(headings)
    for name, cells in rows:
        shown = [_show(cells[column.key], column.digits) for column in sheet.columns]
        shown[0] = _show_spread(cells[sheet.main.key], sheet.main.digits)
        shown.insert(1, _show_ratio(cells[sheet.main.key], reference))
        yield f"| {name} | {' | '.join(shown)} |"


def _show(summary: Summary | None, digits: int) -> str:
    return "" if summary is None else f"{summary.median:,.{digits}f}"


def _show_spread(summary: Summary | None, digits: int) -> str:
    if summary is None or summary.rounds == 1:
        return _show(summary, digits)
    return f"{_show(summary, digits)} ({summary.lowest:,.{digits}f}-{summary.highest:,.{digits}f})"


def _show_ratio(summary: Summary | None, reference: Summary | None) -> str:
    if summary is None or reference is None or not reference.median:
        return ""
    return f"{summary.median / reference.median:.2f}"
