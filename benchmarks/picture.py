"""The picture: a panel a job, a bar a contender, its length the median, a line from least to most.

Written by hand, since nothing else here needs a library that draws.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from benchmarks.figures import SHEETS, Sheet, Summary, rank
from benchmarks.rounds import Measurement

_WIDTH, _PANEL_WIDTH = 980, 470
_NAME_WIDTH, _VALUE_WIDTH = 90, 90
_BAR, _ROW, _TITLE, _GAP = 13, 20, 30, 18
_LEFT, _TOP = 14, 46
_OURS, _OTHERS = "#c2410c", "#94a3b8"
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
    ' viewBox="0 0 {width} {height}">'
)
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1e293b}.title{font-weight:600}"
    ".note{fill:#64748b;font-size:11px}"
)


def draw(measurements: Sequence[Measurement], facts: Mapping[str, str]) -> str:
    """Draw the main figure of each job that was measured."""
    panels = [(sheet, rows) for sheet in SHEETS if (rows := rank(measurements, sheet))]
    body, bottoms = list[str](), [_TOP, _TOP]
    for sheet, rows in panels:
        column = bottoms.index(min(bottoms))
        left = _LEFT + column * (_PANEL_WIDTH + _GAP)
        body += _panel(sheet, rows, left, bottoms[column])
        bottoms[column] += _TITLE + _ROW * len(rows) + _GAP
    note = (
        f"{facts['machine']}, PostgreSQL {facts['postgres']}, rounds: {facts['rounds']},"
        f" {facts['began']}; a server and PostgreSQL share one core"
    )
    return "\n".join(
        [
            _HEAD.format(width=_WIDTH, height=max(bottoms)),
            f"<style>{_STYLE}</style>",
            '<rect width="100%" height="100%" fill="#fff"/>',
            _text(_LEFT, 18, "bigcat against others, median and spread", "title"),
            _text(_LEFT, 34, note, "note"),
            *body,
            "</svg>",
            "",
        ]
    )


def _panel(
    sheet: Sheet, rows: Sequence[tuple[str, Mapping[str, Summary | None]]], left: int, top: int
) -> Iterator[str]:
    better = "more is better" if sheet.more_is_better else "less is better"
    yield _text(left, top + 16, sheet.title, "title")
    heading = f"{sheet.main.heading}, {better}"
    yield _text(left + _PANEL_WIDTH, top + 16, heading, "note", anchor="end")
    summaries = [(name, cells[sheet.main.key]) for name, cells in rows]
    most = max((summary.highest for _, summary in summaries if summary), default=0.0) or 1.0
    for number, (name, summary) in enumerate(summaries):
        if summary is not None:
            yield from _bar(name, summary, sheet, most, left, top + _TITLE + number * _ROW)


def _bar(
    name: str, summary: Summary, sheet: Sheet, most: float, left: int, top: int
) -> Iterator[str]:
    start = left + _NAME_WIDTH
    scale = (_PANEL_WIDTH - _NAME_WIDTH - _VALUE_WIDTH) / most
    middle = top + _BAR / 2
    color = _OURS if name == "bigcat" else _OTHERS
    yield _text(start - 8, top + 11, name, "", anchor="end")
    yield (
        f'<rect x="{start}" y="{top}" width="{max(1.0, summary.median * scale):.1f}"'
        f' height="{_BAR}" fill="{color}"/>'
    )
    yield (
        f'<line x1="{start + summary.lowest * scale:.1f}" y1="{middle}"'
        f' x2="{start + summary.highest * scale:.1f}" y2="{middle}" stroke="#1e293b"/>'
    )
    value = f"{summary.median:,.{sheet.main.digits}f}"
    yield _text(start + max(summary.median, summary.highest) * scale + 6, top + 11, value, "")


def _text(left: float, top: float, text: str, kind: str, anchor: str = "start") -> str:
    return (
        f'<text x="{left:.1f}" y="{top}" class="{kind}" text-anchor="{anchor}">{escape(text)}'
        "</text>"
    )
