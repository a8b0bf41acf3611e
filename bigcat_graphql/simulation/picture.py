"""The picture: bookings a second and waiting times over time, with every kill where it fell."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from bigcat_graphql.simulation.figures import percentile
from bigcat_graphql.simulation.report import Report

_WIDTH, _LEFT, _RIGHT, _TOP = 980, 64, 16, 78
_PANEL, _GAP, _FOOT = 190, 54, 34
_INNER = _WIDTH - _LEFT - _RIGHT
_HEIGHT = _TOP + 2 * _PANEL + _GAP + _FOOT
_BLUE, _ORANGE, _GREY = "#1d4ed8", "#c2410c", "#64748b"
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1e293b}.title{font-weight:600}"
    ".note{fill:#64748b;font-size:11px}"
)
_NICE = (1, 2, 5, 10)


def draw(report: Report) -> str:
    """Draw a report as SVG."""
    seconds = max(2, int(report.seconds))
    timeline = report.timeline
    made = [float(timeline.bookings[second]) for second in range(seconds)]
    waits = [timeline.waits.get(second, []) for second in range(seconds)]
    lower = _TOP + _PANEL + _GAP
    body = [
        *_heading(report),
        *_kills(report, seconds),
        *_panel("bookings a second", [("", _BLUE, made)], _TOP),
        *_panel(
            "milliseconds until the answer to bookSeats, retries included",
            [
                ("p50", _BLUE, [percentile(one, 0.5) * 1e3 for one in waits]),
                ("p99", _ORANGE, [percentile(one, 0.99) * 1e3 for one in waits]),
            ],
            lower,
        ),
        *_seconds_axis(seconds, lower + _PANEL),
    ]
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"<style>{_STYLE}</style>",
            '<rect width="100%" height="100%" fill="#fff"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def _heading(report: Report) -> Iterator[str]:
    broken = sum(not finding.holds for finding in report.findings)
    yield _text(_LEFT, 20, "bigcat onsale-sim", "title")
    yield _text(
        _LEFT,
        37,
        f"{report.buyers:,} buyers, {report.bookings:,} bookings in {report.seconds:.0f} s,"
        f" {len(report.kills)} kills, {broken} findings that do not hold",
        "note",
    )


def _kills(report: Report, seconds: int) -> Iterator[str]:
    """Shade the time from each kill until all was back; the same colour for the same victim."""
    for kill in report.kills:
        x = _x(kill.at_seconds, seconds)
        width = max(1.5, _x(kill.at_seconds + kill.all_back_after_seconds, seconds) - x)
        color = _ORANGE if "PostgreSQL" in kill.what else _GREY
        bottom = _HEIGHT - _FOOT
        name = f"{kill.what} killed, all back after {kill.all_back_after_seconds:.2f} s"
        yield (
            f'<rect x="{x:.1f}" y="{_TOP}" width="{width:.1f}" height="{bottom - _TOP}"'
            f' fill="{color}" opacity="0.22"><title>{escape(name)}</title></rect>'
        )
    if report.kills:
        legend = "shaded: from a kill until all is back (orange PostgreSQL, grey a server)"
        yield _text(_WIDTH - _RIGHT, 37, legend, "note", anchor="end")


def _panel(
    title: str, lines: Sequence[tuple[str, str, Sequence[float]]], top: int
) -> Iterator[str]:
    most = _round_up(max((value for _, _, values in lines for value in values), default=1.0))
    yield _text(_LEFT, top - 8, title, "title")
    for share in (0.0, 0.5, 1.0):
        y = top + _PANEL * (1 - share)
        yield f'<path d="M{_LEFT} {y}H{_WIDTH - _RIGHT}" stroke="#e2e8f0" fill="none"/>'
        yield _text(_LEFT - 8, y + 4, f"{most * share:,.0f}", "note", anchor="end")
    for number, (name, color, values) in enumerate(lines):
        yield _line(values, color, lambda value: top + _PANEL * (1 - value / most))
        if name:
            left = _WIDTH - _RIGHT - 40 * (len(lines) - number - 1)
            label = _text(left, top - 8, name, "title", anchor="end")
            yield label.replace("<text", f'<text style="fill:{color}"', 1)


def _line(values: Sequence[float], color: str, y: Callable[[float], float]) -> str:
    points = " ".join(
        f"{_x(second + 0.5, len(values)):.1f},{y(value):.1f}" for second, value in enumerate(values)
    )
    return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.3"/>'


def _seconds_axis(seconds: int, bottom: int) -> Iterator[str]:
    step = _round_up(seconds / 8)
    for number in range(int(seconds / step) + 1):
        second = number * step
        yield _text(_x(second, seconds), bottom + 18, f"{second:g} s", "note", anchor="middle")


def _x(second: float, seconds: int) -> float:
    return _LEFT + _INNER * min(second / seconds, 1.0)


def _round_up(value: float) -> float:
    """Give the next 1, 2 or 5 with zeros."""
    unit = 1.0
    while unit * 10 < value:
        unit *= 10
    return next(unit * nice for nice in _NICE if unit * nice >= value or nice == _NICE[-1])


def _text(left: float, top: float, text: str, kind: str, anchor: str = "start") -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" class="{kind}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(text)}</text>"
