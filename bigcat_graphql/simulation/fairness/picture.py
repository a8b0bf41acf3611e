"""The picture: how often an account of each cohort was among the first, over all draws."""

from html import escape

from bigcat_graphql.simulation.fairness.report import FairnessReport

_WIDTH, _LEFT, _BAR, _ROW, _TOP = 760, 190, 460, 34, 64
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1e293b}.title{font-weight:600}.note{fill:#64748b}"
    "svg{background:#fff}rect{fill:#1d4ed8}"
)


def draw(report: FairnessReport) -> str:
    """Draw a report as SVG."""
    most = max(report.wins.values(), default=1.0) * 1.15 or 1.0
    rows = []
    for place, (cohort, won) in enumerate(report.wins.items()):
        y = _TOP + place * _ROW
        rows += [
            f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(cohort.value)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{won / most * _BAR:.1f}" height="20"/>',
            f'<text x="{_LEFT + won / most * _BAR + 8:.1f}" y="{y + 15}">{won:.1%}</text>',
        ]
    height = _TOP + len(report.wins) * _ROW + 16
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    title = f"accounts among the first quarter, mean of {report.draws:,} draws"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"<style>{_STYLE}</style>",
            '<text x="16" y="24" class="title">bigcat fairness-sim</text>',
            f'<text x="16" y="44" class="note">{escape(title)}</text>',
            *rows,
            "</svg>",
            "",
        ]
    )
