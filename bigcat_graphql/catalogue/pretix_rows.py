"""Zones, rows, seats and areas of a pretix document, read into plain values with all faults."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bigcat_graphql.catalogue.pretix_shapes import Outline, read_outline
from bigcat_graphql.catalogue.pretix_values import Faults, Object, Point

_ZONE_KEYS = frozenset({"name", "zone_id", "uuid", "position", "rows", "areas"})
_ROW_KEYS = frozenset(
    {"row_number", "row_label", "seat_label", "uuid", "row_number_position", "position", "seats"}
)
_SEAT_KEYS = frozenset(
    {
        "seat_guid",
        "seat_number",
        "position",
        "category",
        "uuid",
        "radius",
        "start_direction",
    }
)
_AREA_KEYS = frozenset(
    {
        "shape",
        "color",
        "border_color",
        "rotation",
        "position",
        "uuid",
        "polygon",
        "rectangle",
        "ellipse",
        "circle",
        "text",
    }
)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class PretixSeat:
    """A seat with its place in the whole plan, None where the file has none."""

    number: str
    category: str
    point: Point | None
    accessible: bool


@dataclass(frozen=True, slots=True)
class PretixRow:
    """A row as it stands in the file."""

    label: str
    seats: list[PretixSeat]


@dataclass(frozen=True, slots=True)
class PretixArea:
    """An area that is sold: it has our own key `x-capacity`."""

    name: str
    capacity: int
    category: str | None
    outline: Outline | None


@dataclass(frozen=True, slots=True)
class PretixZone:
    """A zone with the rows that have seats, and the areas that are sold."""

    name: str
    rows: list[PretixRow]
    areas: list[PretixArea]


class ZoneReader:
    """Reads zones; knows which identifiers were used before, and which categories there are."""

    def __init__(self, faults: Faults, categories: frozenset[str]) -> None:
        self._faults = faults
        self._categories = categories
        self._guid_places: dict[str, str] = {}

    def read_zones(self, value: object) -> Iterator[PretixZone]:
        """Read the zones that have something to sell."""
        for number, item in enumerate(self._faults.read_list("zones", value)):
            at = f"zones[{number}]"
            zone = self._faults.read_object(at, item, _ZONE_KEYS)
            if zone is not None:
                yield self._read_zone(at, zone, number + 1)

    def _read_zone(self, at: str, zone: Object, number: int) -> PretixZone:
        name = self._faults.read_text(f"{at}.name", zone.get("name"), instead=f"Zone {number}")
        origin = self._faults.read_point(f"{at}.position", zone.get("position")) or (0, 0)
        rows = list(self._read_rows(f"{at}.rows", zone.get("rows"), origin))
        areas = list(self._read_areas(f"{at}.areas", zone.get("areas"), origin))
        if not rows and not zone.get("areas"):
            self._faults.note(at, "has neither rows nor areas", fixable=True)
        return PretixZone(name, rows, areas)

    def _read_rows(self, at: str, value: object, origin: Point) -> Iterator[PretixRow]:
        for number, item in enumerate(self._faults.read_list(at, value)):
            row_at = f"{at}[{number}]"
            row = self._faults.read_object(row_at, item, _ROW_KEYS)
            if row is None:
                continue
            label = row.get("row_label") or row.get("row_number")
            if label is None:
                self._faults.note(f"{row_at}.row_number", "is missing", fixable=True)
            place = self._faults.read_point(f"{row_at}.position", row.get("position"))
            start = _add(origin, place or (0, 0))
            seats = list(self._read_seats(f"{row_at}.seats", row.get("seats"), start))
            if seats:
                yield PretixRow("" if label is None else str(label), seats)
            else:
                self._faults.note(row_at, "has no seats", fixable=True)

    def _read_seats(self, at: str, value: object, origin: Point) -> Iterator[PretixSeat]:
        for number, item in enumerate(self._faults.read_list(at, value)):
            seat_at = f"{at}[{number}]"
            seat = self._faults.read_object(seat_at, item, _SEAT_KEYS)
            if seat is not None:
                yield self._read_seat(seat_at, seat, number + 1, origin)

    def _read_seat(self, at: str, seat: Object, number: int, origin: Point) -> PretixSeat:
        self._check_guid(at, seat)
        point = self._faults.read_point(f"{at}.position", seat.get("position"))
        if seat.get("position") is None:
            self._faults.note(f"{at}.position", "is missing", fixable=True)
        return PretixSeat(
            number=self._faults.read_text(
                f"{at}.seat_number", seat.get("seat_number"), instead=str(number)
            ),
            category=self._read_category(f"{at}.category", seat.get("category")),
            point=None if point is None else _add(origin, point),
            accessible=bool(seat.get("wheelchair") or seat.get("x-accessible")),
        )

    def _check_guid(self, at: str, seat: Object) -> None:
        guid = seat.get("seat_guid")
        at = f"{at}.seat_guid"
        # A new identifier from `uuid`, or from the place: safe as long as nothing was sold by it.
        if not isinstance(guid, str) or not guid:
            self._faults.note(at, "is missing", fixable=True)
        elif guid in self._guid_places:
            self._faults.note(at, f"{guid!r} is also {self._guid_places[guid]}", fixable=True)
        else:
            self._guid_places[guid] = at.removesuffix(".seat_guid")

    def _read_category(self, at: str, value: object) -> str:
        if value is None:
            self._faults.note(at, "is missing", fixable=False)
        elif not isinstance(value, str) or value not in self._categories:
            self._faults.note(at, f"{value!r} is no category of the plan", fixable=False)
        return str(value)

    def _read_areas(self, at: str, value: object, origin: Point) -> Iterator[PretixArea]:
        for number, item in enumerate(self._faults.read_list(at, value)):
            area_at = f"{at}[{number}]"
            area = self._faults.read_object(area_at, item, _AREA_KEYS)
            # An area without a capacity is a drawing: a stage, a bar.
            if area is not None and area.get("x-capacity") is not None:
                yield self._read_area(area_at, area, number + 1, origin)

    def _read_area(self, at: str, area: Object, number: int, origin: Point) -> PretixArea:
        capacity = area["x-capacity"]
        if type(capacity) is not int or capacity < 1:
            self._faults.note(f"{at}.x-capacity", "must be a whole number from 1", fixable=False)
            capacity = 1
        category = area.get("x-category")
        return PretixArea(
            name=_name_of(area) or f"Area {number}",
            capacity=capacity,
            category=category and self._read_category(f"{at}.x-category", category),
            outline=read_outline(self._faults, at, area, origin),
        )


def _name_of(area: Object) -> str:
    text = area.get("text")
    written = area.get("x-name") or (text.get("text") if isinstance(text, dict) else None) or ""
    return " ".join(_UNPRINTABLE.sub(" ", str(written)).split())[:_LONGEST_NAME]


def _add(one: Point, other: Point) -> Point:
    return one[0] + other[0], one[1] + other[1]
