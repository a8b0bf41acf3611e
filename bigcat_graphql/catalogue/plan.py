"""A hall as it was published: sections, rows and areas, with every property of a row packed."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from typing import Any
from uuid import UUID

from bigcat_graphql.models import SeatType


class SeatFeature(StrEnum):
    """What is special about a seat."""

    ACCESSIBLE = "ACCESSIBLE"
    COMPANION = "COMPANION"
    RESTRICTED_VIEW = "RESTRICTED_VIEW"
    AISLE = "AISLE"


@dataclass(frozen=True, slots=True)
class PlanTier:
    """Seats that are priced together; `code` is one character, `color` is `#rrggbb`."""

    code: str
    name: str
    seat_type: SeatType
    color: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of numbered seats.

    `seat_labels` has a line feed between labels, None means `1` to `seat_count`; `points` are SVG
    points, `x,y x,y`; `tier_codes` has one code a seat. All run in index order, and seats with
    neighbouring indexes stand side by side, save for gaps that `points` shows.
    """

    label: str
    first_index: int
    seat_count: int
    seat_labels: str | None
    points: str
    tier_codes: str

    def number(self, index: int) -> str:
        """Give the label of one seat, by its index in the plan."""
        offset = index - self.first_index
        return str(offset + 1) if self.seat_labels is None else self.seat_labels.split("\n")[offset]

    def coordinates(self) -> list[tuple[int, int]]:
        """Give the centres of its seats, in index order and plan units."""
        return read_points(self.points)


@dataclass(frozen=True, slots=True)
class Section:
    """A block of rows, front to back; `outline` is SVG path data."""

    key: str
    name: str
    first_index: int
    seat_count: int
    outline: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """General admission: places that are sold by count; `outline` is SVG path data."""

    key: str
    name: str
    first_index: int
    place_count: int
    tier_code: str
    outline: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """The seats that share a feature, ascending."""

    feature: SeatFeature
    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What an index of the plan means: a seat in section and row, or a place in an area."""

    index: int
    section_key: str | None
    area_key: str | None
    row: str | None
    number: str | None
    label: str
    features: tuple[SeatFeature, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """A published version of a venue's plan; it never changes, and is the same only as itself.

    Indexes 0 to `seat_count - 1` are numbered seats, the rest to `total_count - 1` are places.
    """

    id: UUID
    venue_id: UUID
    version: int
    name: str
    width: int
    height: int
    seat_count: int
    total_count: int
    content_hash: str
    tiers: tuple[PlanTier, ...]
    sections: tuple[Section, ...]
    areas: tuple[Area, ...]
    marks: tuple[Mark, ...]

    @cached_property
    def tier_codes(self) -> str:
        """One code for each index."""
        rows = (row.tier_codes for _, row in self._rows)
        return "".join([*rows, *(area.tier_code * area.place_count for area in self.areas)])

    def place(self, index: int) -> Place:
        """Tell what an index means.

        Raises:
            IndexError: the plan has no such index.
        """
        area = self.area_of(index)
        if area is not None:
            return Place(index, None, area.key, None, None, area.name, ())

        section, row = self._row_of(index)
        number = row.number(index)
        words = [section.name, f"row {row.label}" if row.label.strip() else "", f"seat {number}"]
        label = ", ".join(word for word in words if word)
        features = self._features.get(index, ())
        return Place(index, section.key, None, row.label, number, label, features)

    def point(self, index: int) -> tuple[int, int]:
        """Give the centre of a numbered seat in plan units.

        Raises:
            IndexError: the plan has no such numbered seat.
        """
        _, row = self._row_of(index)
        return row.coordinates()[index - row.first_index]

    def area_of(self, index: int) -> Area | None:
        """Give the area of a place, None for a numbered seat.

        Raises:
            IndexError: the plan has no such index.
        """
        if not 0 <= index < self.total_count:
            raise IndexError(index)
        if index < self.seat_count:
            return None
        return self.areas[bisect_right(self._area_starts, index) - 1]

    def area(self, key: str) -> Area | None:
        """Find an area by its key."""
        return next((area for area in self.areas if area.key == key), None)

    def tier(self, code: str) -> PlanTier | None:
        """Find a tier by its code."""
        return next((tier for tier in self.tiers if tier.code == code), None)

    def _row_of(self, index: int) -> tuple[Section, Row]:
        if not 0 <= index < self.seat_count:
            raise IndexError(index)
        return self._rows[bisect_right(self._row_starts, index) - 1]

    @cached_property
    def _rows(self) -> list[tuple[Section, Row]]:
        return [(section, row) for section in self.sections for row in section.rows]

    @cached_property
    def _row_starts(self) -> list[int]:
        return [row.first_index for _, row in self._rows]

    @cached_property
    def _area_starts(self) -> list[int]:
        return [area.first_index for area in self.areas]

    @cached_property
    def _features(self) -> dict[int, tuple[SeatFeature, ...]]:
        found: dict[int, tuple[SeatFeature, ...]] = {}
        for mark in self.marks:
            for index in mark.indexes:
                found[index] = (*found.get(index, ()), mark.feature)
        return found


# The document's keys in the order of the fields.
_ROW = itemgetter("label", "firstIndex", "seatCount", "seatLabels", "points", "tierCodes")
_SECTION = itemgetter("key", "name", "firstIndex", "seatCount", "outline")
_AREA = itemgetter("key", "name", "firstIndex", "placeCount", "tierCode", "outline")


def read_points(points: str) -> list[tuple[int, int]]:
    """Read SVG points, `x,y x,y`."""
    pairs = (point.partition(",") for point in points.split())
    return [(int(x), int(y)) for x, _, y in pairs]


def read_plan_document(
    document: Mapping[str, Any], *, plan_id: UUID, venue_id: UUID, content_hash: str
) -> Plan:
    """Make a plan of its own document, see `layout.write_version`."""
    return Plan(
        id=plan_id,
        venue_id=venue_id,
        version=document["version"],
        name=document["name"],
        width=document["width"],
        height=document["height"],
        seat_count=document["seatCount"],
        total_count=document["totalCount"],
        content_hash=content_hash,
        tiers=tuple(_read_tier(tier) for tier in document["tiers"]),
        sections=tuple(_read_section(section) for section in document["sections"]),
        areas=tuple(Area(*_AREA(area)) for area in document["areas"]),
        marks=tuple(
            Mark(SeatFeature(mark["feature"]), tuple(mark["indexes"])) for mark in document["marks"]
        ),
    )


def _read_tier(tier: Mapping[str, Any]) -> PlanTier:
    return PlanTier(tier["code"], tier["name"], SeatType(tier["seatType"]), tier["color"])


def _read_section(section: Mapping[str, Any]) -> Section:
    key, name, first_index, seat_count, outline = _SECTION(section)
    rows = tuple(Row(*_ROW(row)) for row in section["rows"])
    return Section(key, name, first_index, seat_count, outline, rows)
