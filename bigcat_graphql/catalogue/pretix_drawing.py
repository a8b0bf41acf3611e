"""From the zones of a pretix document to a draft: whole units, seats in order, codes for tiers."""

import math
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from bigcat_graphql.catalogue.drafts import AreaDraft, PlanDraft, RowDraft, SectionDraft
from bigcat_graphql.catalogue.layout import mark_aisles, place_rows, write_points
from bigcat_graphql.catalogue.plan import Mark, PlanTier, SeatFeature
from bigcat_graphql.catalogue.pretix_rows import PretixArea, PretixRow, PretixSeat, PretixZone
from bigcat_graphql.catalogue.pretix_values import Point
from bigcat_graphql.models import SeatType
from bigcat_graphql.text import slugify

CODES = string.ascii_lowercase + string.ascii_uppercase + string.digits
COLORS = ("#1d4ed8", "#c2410c", "#15803d", "#7e22ce", "#0e7490", "#a16207", "#be123c", "#4d7c0f")

_MARGIN_UNITS = 20
# Whole units must tell neighbours apart, so a plan drawn smaller is enlarged to this distance.
_CLOSEST_UNITS = 16
_LARGEST_UNITS = 90_000


def draw_plan(
    name: str, size: Point, zones: Sequence[PretixZone], tiers: dict[str, PlanTier]
) -> PlanDraft:
    """Draw what was read; tiers without seats are left out."""
    drawing = _Drawing(zones, tiers)
    width, height = drawing.size(size)
    draft = PlanDraft(
        name=name,
        width=width,
        height=height,
        tiers=(),
        sections=[drawing.section(zone) for zone in zones if zone.rows],
        areas=[drawing.area(area) for zone in zones for area in zone.areas],
        marks=drawing.marks(),
    )
    return mark_aisles(place_rows(replace(draft, tiers=drawing.used_tiers())))


class _Drawing:
    def __init__(self, zones: Sequence[PretixZone], tiers: dict[str, PlanTier]) -> None:
        self._zones = zones
        self._tiers = tiers
        self._own_tiers: list[PlanTier] = []
        self._used: set[str] = set()
        self._keys: set[str] = set()
        self._rows = {id(row): _in_order(row.seats) for zone in zones for row in zone.rows}

        points = list(self._points())
        self._left = min([0.0, *(x - _MARGIN_UNITS for x, _ in points)])
        self._top = min([0.0, *(y - _MARGIN_UNITS for _, y in points)])
        self._right = max((x for x, _ in points), default=0.0) - self._left
        self._bottom = max((y for _, y in points), default=0.0) - self._top
        self._scale = self._choose_scale()

    def _points(self) -> Iterator[Point]:
        for zone in self._zones:
            for row in zone.rows:
                yield from (seat.point for seat in row.seats if seat.point is not None)
            for area in zone.areas:
                yield from area.outline or ()

    def _choose_scale(self) -> float:
        closest = min(self._distances(), default=_CLOSEST_UNITS)
        wanted = max(1.0, _CLOSEST_UNITS / closest)
        return min(wanted, _LARGEST_UNITS / max(self._right, self._bottom, 1))

    def _distances(self) -> Iterator[float]:
        for seats in self._rows.values():
            for one, other in pairwise(seats):
                if one.point and other.point and one.point != other.point:
                    yield math.dist(one.point, other.point)

    def size(self, drawn: Point) -> tuple[int, int]:
        """Give the drawing's size: as the file says, and at least all that is in it."""
        width = max(drawn[0] - self._left, self._right + _MARGIN_UNITS)
        height = max(drawn[1] - self._top, self._bottom + _MARGIN_UNITS)
        return min(math.ceil(width * self._scale), _LARGEST_UNITS), min(
            math.ceil(height * self._scale), _LARGEST_UNITS
        )

    def _place(self, points: Iterable[Point]) -> list[Point]:
        return [((x - self._left) * self._scale, (y - self._top) * self._scale) for x, y in points]

    def section(self, zone: PretixZone) -> SectionDraft:
        return SectionDraft(self._key(zone.name), zone.name, [self._row(row) for row in zone.rows])

    def _row(self, row: PretixRow) -> RowDraft:
        seats = self._rows[id(row)]
        labels = [seat.number for seat in seats]
        counted = [str(number) for number in range(1, len(seats) + 1)]
        points = [seat.point for seat in seats if seat.point is not None]
        return RowDraft(
            label=row.label,
            seat_count=len(seats),
            tier_codes="".join(self._code(seat.category) for seat in seats),
            seat_labels=None if labels == counted else "\n".join(labels),
            # One seat without a place, and the row is placed anew as a whole.
            points=write_points(self._place(points)) if len(points) == len(seats) else None,
        )

    def _code(self, category: str) -> str:
        code = self._tiers[category].code
        self._used.add(code)
        return code

    def area(self, area: PretixArea) -> AreaDraft:
        code = self._own_code(area.name) if area.category is None else self._code(area.category)
        outline = None
        if area.outline:
            corners = (f"{round(x)} {round(y)}" for x, y in self._place(area.outline))
            outline = f"M{'L'.join(corners)}Z"
        return AreaDraft(self._key(area.name), area.name, area.capacity, code, outline)

    def _own_code(self, name: str) -> str:
        number = len(self._tiers) + len(self._own_tiers)
        # Past the last code the draft is refused, as two tiers then share one.
        code = CODES[min(number, len(CODES) - 1)]
        color = COLORS[number % len(COLORS)]
        self._own_tiers.append(PlanTier(code, name, SeatType.REGULAR, color))
        self._used.add(code)
        return code

    def _key(self, name: str) -> str:
        key = slugify(name)
        number = 2
        while key in self._keys:
            key = f"{slugify(name)}-{number}"
            number += 1
        self._keys.add(key)
        return key

    def used_tiers(self) -> list[PlanTier]:
        tiers = [*self._tiers.values(), *self._own_tiers]
        return [tier for tier in tiers if tier.code in self._used]

    def marks(self) -> list[Mark]:
        seats = [seat for zone in self._zones for row in zone.rows for seat in self._rows[id(row)]]
        accessible = tuple(index for index, seat in enumerate(seats) if seat.accessible)
        return [Mark(SeatFeature.ACCESSIBLE, accessible)] if accessible else []


def _in_order(seats: Sequence[PretixSeat]) -> list[PretixSeat]:
    """Order a row by where its seats are, along its longer side: numbers may run any way."""
    points = [seat.point for seat in seats if seat.point is not None]
    if len(points) < len(seats):
        return list(seats)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    axis = 0 if max(xs) - min(xs) >= max(ys) - min(ys) else 1
    ordered = sorted(seats, key=lambda seat: seat.point[axis] if seat.point else 0)
    # Counted from the other end it is the same row: keep the file's way round.
    return list(seats) if ordered == list(reversed(seats)) else ordered
