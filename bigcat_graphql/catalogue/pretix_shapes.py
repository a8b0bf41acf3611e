"""Outlines of areas in a pretix document: a few shapes, turned into points round them."""

import math
from collections.abc import Callable

from bigcat_graphql.catalogue.pretix_values import Faults, Object, Point, is_number

Outline = list[Point]

# A circle as a polygon looks round from this many corners on.
_CORNERS = 32


def read_outline(faults: Faults, at: str, area: Object, origin: Point) -> Outline | None:
    """Read an area's shape as points of the whole plan; None for one that is only a text."""
    place = faults.read_point(f"{at}.position", area.get("position")) or (0.0, 0.0)
    corners = _read_shape(faults, at, area)
    if corners is None:
        return None
    degrees = area.get("rotation") or 0
    if not is_number(degrees):
        faults.note(f"{at}.rotation", "must be a number of degrees", fixable=True)
        degrees = 0
    centre = (origin[0] + place[0], origin[1] + place[1])
    return [_place(corner, centre, math.radians(degrees)) for corner in corners]


def _read_shape(faults: Faults, at: str, area: Object) -> Outline | None:
    shape = area.get("shape")
    if not isinstance(shape, str) or shape not in _DRAWN:
        if shape != "text":
            faults.note(f"{at}.shape", f"{shape!r} is unknown", fixable=True)
        return None
    values = area.get(shape)
    outline = None
    if isinstance(values, dict):
        outline = _DRAWN[shape](values)
    if not outline:
        faults.note(f"{at}.{shape}", "lacks its size or points", fixable=True)
    return outline


def _rectangle(values: Object) -> Outline | None:
    w, h = values.get("width"), values.get("height")
    return [(0, 0), (w, 0), (w, h), (0, h)] if is_number(w) and is_number(h) else None


def _circle(values: Object) -> Outline | None:
    return _round(values.get("radius"), values.get("radius"))


def _ellipse(values: Object) -> Outline | None:
    radius = values.get("radius")
    return _round(radius.get("x"), radius.get("y")) if isinstance(radius, dict) else None


def _round(radius_x: object, radius_y: object) -> Outline | None:
    if not (is_number(radius_x) and is_number(radius_y)):
        return None
    angles = [2 * math.pi * number / _CORNERS for number in range(_CORNERS)]
    return [(radius_x * math.cos(angle), radius_y * math.sin(angle)) for angle in angles]


def _polygon(values: Object) -> Outline | None:
    points = values.get("points")
    if not isinstance(points, list):
        return None
    pairs = [(point.get("x"), point.get("y")) for point in points if isinstance(point, dict)]
    corners = [(x, y) for x, y in pairs if is_number(x) and is_number(y)]
    return corners if len(corners) == len(points) else None


_DRAWN: dict[str, Callable[[Object], Outline | None]] = {
    "rectangle": _rectangle,
    "circle": _circle,
    "ellipse": _ellipse,
    "polygon": _polygon,
}


def _place(corner: Point, centre: Point, angle: float) -> Point:
    # y grows downward, so this turns clockwise, as the format says.
    x, y = corner
    return (
        centre[0] + x * math.cos(angle) - y * math.sin(angle),
        centre[1] + x * math.sin(angle) + y * math.cos(angle),
    )
