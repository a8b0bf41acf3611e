"""From a draft to the document of a plan: counted, placed, and the same bytes for the same plan."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson

from bigcat_graphql.catalogue.drafts import PlanDraft, RowDraft, SectionDraft, check_draft
from bigcat_graphql.catalogue.plan import Mark, SeatFeature, read_points

_SEAT_UNITS = 24
_ROW_UNITS = 28
_MARGIN_UNITS = 60
# A gap this much wider than between most neighbours is an aisle.
_AISLE_RATIO = 1.5


def write_content(draft: PlanDraft) -> bytes:
    """Write everything but the version: keys in a fixed order, no blanks, rows placed.

    Raises:
        PlanFaulty: the draft makes no plan.
    """
    check_draft(draft)
    draft = place_rows(draft)
    check_draft(draft)
    content = {
        "name": draft.name,
        "width": draft.width,
        "height": draft.height,
        "seatCount": draft.seat_count,
        "totalCount": draft.total_count,
        "tiers": [
            {"code": t.code, "name": t.name, "seatType": t.seat_type.value, "color": t.color}
            for t in draft.tiers
        ],
        "sections": list(_write_sections(draft)),
        "areas": list(_write_areas(draft)),
        "marks": [
            {"feature": mark.feature.value, "indexes": list(mark.indexes)}
            for mark in draft.marks
            if mark.indexes
        ],
    }
    return orjson.dumps(content)


def write_version(content: bytes, version: int) -> bytes:
    """Put a version before the content: the document that `/plans/<hash>.json` serves."""
    return b'{"version":%d,%b' % (version, content[1:])


def _write_sections(draft: PlanDraft) -> Iterator[dict[str, Any]]:
    first_index = 0
    for section in draft.sections:
        rows = list(_write_rows(section, first_index))
        yield {
            "key": section.key,
            "name": section.name,
            "firstIndex": first_index,
            "seatCount": section.seat_count,
            "outline": section.outline,
            "rows": rows,
        }
        first_index += section.seat_count


def _write_rows(section: SectionDraft, first_index: int) -> Iterator[dict[str, Any]]:
    for row in section.rows:
        codes = row.tier_codes
        yield {
            "label": row.label,
            "firstIndex": first_index,
            "seatCount": row.seat_count,
            "seatLabels": row.seat_labels,
            "points": row.points,
            "tierCodes": codes * row.seat_count if len(codes) == 1 else codes,
        }
        first_index += row.seat_count


def _write_areas(draft: PlanDraft) -> Iterator[dict[str, Any]]:
    first_index = draft.seat_count
    for area in draft.areas:
        yield {
            "key": area.key,
            "name": area.name,
            "firstIndex": first_index,
            "placeCount": area.place_count,
            "tierCode": area.tier_code,
            "outline": area.outline,
        }
        first_index += area.place_count


def place_rows(draft: PlanDraft) -> PlanDraft:
    """Give straight, centred rows to the sections that lack points, below what is drawn."""
    unplaced = [row for section in draft.sections for row in section.rows if row.points is None]
    if not unplaced:
        return draft

    placed = [row for section in draft.sections for row in section.rows if row.points is not None]
    longest = max(row.seat_count for row in unplaced)
    width = max(draft.width, longest * _SEAT_UNITS + 2 * _MARGIN_UNITS)
    lowest = max((y for row in placed for _, y in read_points(row.points or "")), default=0)
    y = lowest + _MARGIN_UNITS

    sections = []
    for section in draft.sections:
        rows = []
        for row in section.rows:
            if row.points is None:
                rows.append(replace(row, points=_straight_row(row, width, y)))
                y += _ROW_UNITS
            else:
                rows.append(row)
        sections.append(replace(section, rows=tuple(rows)))
        y += _ROW_UNITS if rows != list(section.rows) else 0
    return replace(
        draft, width=width, height=max(draft.height, y + _MARGIN_UNITS), sections=sections
    )


def _straight_row(row: RowDraft, width: int, y: int) -> str:
    left = (width - (row.seat_count - 1) * _SEAT_UNITS) // 2
    return write_points((left + number * _SEAT_UNITS, y) for number in range(row.seat_count))


def mark_aisles(draft: PlanDraft) -> PlanDraft:
    """Mark the seats at the ends of rows, and on both sides of a gap in a row, as AISLE."""
    aisles: list[int] = []
    first_index = 0
    for section in draft.sections:
        for row in section.rows:
            aisles += [first_index + offset for offset in _aisle_offsets(row)]
            first_index += row.seat_count
    others = [mark for mark in draft.marks if mark.feature != SeatFeature.AISLE]
    return replace(draft, marks=[*others, Mark(SeatFeature.AISLE, tuple(aisles))])


def _aisle_offsets(row: RowDraft) -> list[int]:
    ends = {0, row.seat_count - 1}
    for offset in gaps_of(read_points(row.points or "")):
        ends |= {offset, offset + 1}
    return sorted(ends)


def gaps_of(points: list[tuple[int, int]]) -> list[int]:
    """Find the offsets after which a row has a gap, compared with its usual distance."""
    steps = [((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 for (x1, y1), (x2, y2) in pairwise(points)]
    if not steps:
        return []
    usual = sorted(steps)[len(steps) // 2]
    return [offset for offset, step in enumerate(steps) if step > usual * _AISLE_RATIO]


def write_points(points: Iterable[tuple[float, float]]) -> str:
    """Write SVG points in whole plan units."""
    return " ".join(f"{round(x)},{round(y)}" for x, y in points)
