"""Halls of the demo season, drawn: everything lies on arcs round the stage, nearest first."""

import math
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bigcat_graphql.catalogue.drafts import AreaDraft, PlanDraft, RowDraft, SectionDraft
from bigcat_graphql.catalogue.layout import mark_aisles, write_points
from bigcat_graphql.catalogue.plan import Mark, PlanTier, SeatFeature
from bigcat_graphql.models import SeatType
from bigcat_graphql.text import slugify

_SEAT_UNITS = 18
_ROW_UNITS = 22
_GAP_UNITS = 44
_STANDING_UNITS = 130
_MARGIN_UNITS = 60
_SPAN_DEGREES = 110
_ARENA_SPAN_DEGREES = 240
# So far to the side that the stage is seen from behind its edge.
_RESTRICTED_DEGREES = 110
_COLORS = ("#b91c1c", "#1d4ed8", "#15803d", "#a16207", "#7e22ce", "#0e7490")


@dataclass(frozen=True, slots=True)
class HallPart:
    """A level of a hall: sections side by side, of rows of seats, or standing if `rows` is 0.

    `seats` is per row, or how many may stand in each section.
    """

    name: str
    seat_type: SeatType
    sections: int
    rows: int
    seats: int


# 6,000 + 7,200 + 6,800 numbered seats.
ARENA_PARTS = (
    HallPart("Lower bowl", SeatType.VIP, sections=20, rows=15, seats=20),
    HallPart("Middle bowl", SeatType.PREMIUM, sections=20, rows=18, seats=20),
    HallPart("Upper bowl", SeatType.REGULAR, sections=20, rows=17, seats=20),
)


def draw_hall(parts: Sequence[HallPart]) -> PlanDraft:
    """Draw a hall with the stage in the middle of its upper edge."""
    return _Drawing(parts, math.radians(_SPAN_DEGREES)).draft("End stage")


def draw_arena() -> PlanDraft:
    """Draw the arena: 20,000 seats in three bowls that reach round to the sides of the stage."""
    return _Drawing(ARENA_PARTS, math.radians(_ARENA_SPAN_DEGREES)).draft("End stage, bowl")


@dataclass(frozen=True, slots=True)
class _Sector:
    """Part of a ring; angles are counted from straight ahead of the stage, in radians."""

    inner: float
    outer: float
    start: float
    end: float


class _Drawing:
    def __init__(self, parts: Sequence[HallPart], span: float) -> None:
        self._parts = parts
        self._span = span
        self._radius = 2.0 * _STANDING_UNITS
        self._rings = [self._ring(part) for part in parts]
        # The arcs may reach up beside the stage.
        lift = max(0.0, -math.cos(span / 2)) * self._radius
        self._left = self._radius * (math.sin(span / 2) if span < math.pi else 1) + _MARGIN_UNITS
        self._top = lift + _MARGIN_UNITS

    def draft(self, name: str) -> PlanDraft:
        tiers = [
            PlanTier(string.ascii_lowercase[n], part.name, part.seat_type, _COLORS[n])
            for n, part in enumerate(self._parts)
        ]
        levels = list(zip(self._parts, self._rings, tiers, strict=True))
        plan = PlanDraft(
            name=name,
            width=math.ceil(2 * self._left),
            height=math.ceil(self._top + self._radius + _MARGIN_UNITS),
            tiers=tiers,
            sections=[s for part, ring, tier in levels for s in self._sections(part, ring, tier)],
            areas=[a for part, ring, tier in levels for a in self._areas(part, ring, tier)],
        )
        return mark_aisles(replace(plan, marks=list(self._marks(plan))))

    def _ring(self, part: HallPart) -> list[_Sector]:
        """Make room for a level behind the last one, as far out as its sections need."""
        depth = part.rows * _ROW_UNITS if part.rows else _STANDING_UNITS
        wide = part.seats * _SEAT_UNITS if part.rows else _STANDING_UNITS
        needed = part.sections * (wide + _GAP_UNITS) / self._span
        inner = max(self._radius, needed)
        self._radius = inner + depth + _GAP_UNITS
        share = self._span / part.sections
        gap = _GAP_UNITS / inner
        starts = (share * number - self._span / 2 for number in range(part.sections))
        return [
            _Sector(inner, inner + depth, start + gap / 2, start + share - gap / 2)
            for start in starts
        ]

    def _sections(
        self, part: HallPart, ring: Sequence[_Sector], tier: PlanTier
    ) -> Iterator[SectionDraft]:
        for key, name, sector in _named(part, ring) if part.rows else ():
            rows = [self._row(part, sector, number, tier) for number in range(part.rows)]
            yield SectionDraft(key, name, rows, self._outline(sector))

    def _areas(
        self, part: HallPart, ring: Sequence[_Sector], tier: PlanTier
    ) -> Iterator[AreaDraft]:
        for key, name, sector in () if part.rows else _named(part, ring):
            yield AreaDraft(key, name, part.seats, tier.code, self._outline(sector))

    def _row(self, part: HallPart, sector: _Sector, number: int, tier: PlanTier) -> RowDraft:
        radius = sector.inner + (number + 0.5) * _ROW_UNITS
        step = (sector.end - sector.start) / part.seats
        angles = (sector.start + (seat + 0.5) * step for seat in range(part.seats))
        points = write_points(self._point(radius, angle) for angle in angles)
        return RowDraft(_letters(number), part.seats, tier.code, points=points)

    def _point(self, radius: float, angle: float) -> tuple[float, float]:
        return self._left + radius * math.sin(angle), self._top + radius * math.cos(angle)

    def _outline(self, sector: _Sector) -> str:
        corners = [
            self._point(sector.inner, sector.start),
            self._point(sector.outer, sector.start),
            self._point(sector.outer, sector.end),
            self._point(sector.inner, sector.end),
        ]
        a, b, c, d = (f"{round(x)} {round(y)}" for x, y in corners)
        far, near = round(sector.outer), round(sector.inner)
        return f"M{a}L{b}A{far} {far} 0 0 0 {c}L{d}A{near} {near} 0 0 1 {a}Z"

    def _marks(self, plan: PlanDraft) -> Iterator[Mark]:
        """Mark a wheelchair place with its companion at the end of each level's last rows."""
        accessible: list[int] = []
        restricted: list[int] = []
        sectors = [
            sector
            for part, ring in zip(self._parts, self._rings, strict=True)
            for sector in (ring if part.rows else ())
        ]
        first_index = 0
        for number, (section, sector) in enumerate(zip(plan.sections, sectors, strict=True)):
            after = first_index + section.seat_count
            if number % 3 == 0:
                accessible.append(after - section.rows[-1].seat_count)
            if abs(sector.start + sector.end) / 2 > math.radians(_RESTRICTED_DEGREES):
                restricted += range(first_index, after)
            first_index = after
        yield Mark(SeatFeature.ACCESSIBLE, tuple(accessible))
        yield Mark(SeatFeature.COMPANION, tuple(index + 1 for index in accessible))
        yield Mark(SeatFeature.RESTRICTED_VIEW, tuple(restricted))


def _named(part: HallPart, ring: Sequence[_Sector]) -> Iterator[tuple[str, str, _Sector]]:
    for number, sector in enumerate(ring, start=1):
        name = f"{part.name} {number}" if part.sections > 1 else part.name
        yield slugify(name), name, sector


def _letters(number: int) -> str:
    """Name rows A to Z, then AA, BB and so on."""
    times, letter = divmod(number, 26)
    return string.ascii_uppercase[letter] * (times + 1)
