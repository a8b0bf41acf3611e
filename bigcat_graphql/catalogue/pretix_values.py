"""Reading single values of a pretix document, and noting each fault with its place."""

import math
import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from bigcat_graphql.catalogue.drafts import PlanFault

Object = Mapping[str, Any]
Point = tuple[float, float]

# Seen in files of the wild; they harm nobody.
_TOLERATED = frozenset({"section_break", "wheelchair", "status"})
_FARTHEST = 1e6
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_SHORT_COLOR = re.compile(r"#[0-9A-Fa-f]{3}")


class Faults:
    """The faults found so far, each with its place in the document."""

    def __init__(self) -> None:
        self.found: list[PlanFault] = []

    def note(self, at: str, message: str, *, fixable: bool) -> None:
        """Note a fault; `fixable` says that a repair cannot change what anybody bought."""
        self.found.append(PlanFault(at, message, fixable))

    def read_object(self, at: str, value: object, known: frozenset[str]) -> Object | None:
        """Read an object; keys beginning with `x-` are ours."""
        if not isinstance(value, dict):
            self.note(at, "must be an object", fixable=False)
            return None
        for key in value.keys() - known - _TOLERATED:
            if not key.startswith("x-"):
                self.note(f"{at}.{key}".lstrip("."), "is not part of the format", fixable=True)
        return value

    def read_list(self, at: str, value: object) -> list[Any]:
        """Read a list; nothing is an empty one."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.note(at, "must be a list", fixable=False)
            return []
        return value

    def read_text(self, at: str, value: object, *, instead: str) -> str:
        """Read a text that must be there, or take another instead."""
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            self.note(at, "must be a text, not a number", fixable=True)
            return str(value)
        self.note(at, "must be a text" if value else "is missing", fixable=True)
        return instead

    def read_point(self, at: str, value: object) -> Point | None:
        """Read `{x, y}`; None when there is none."""
        if value is None:
            return None
        if isinstance(value, dict):
            x, y = value.get("x"), value.get("y")
            if is_number(x) and is_number(y):
                return float(x), float(y)
        self.note(at, "must have the numbers x and y", fixable=False)
        return None

    def read_color(self, at: str, value: object, *, instead: str) -> str:
        """Read a colour as `#rrggbb` in small letters, or take another instead."""
        if isinstance(value, str) and _COLOR.fullmatch(value):
            return value.lower()
        if isinstance(value, str) and _SHORT_COLOR.fullmatch(value):
            return "#" + "".join(letter * 2 for letter in value[1:].lower())
        if value is not None:
            self.note(at, "must be a colour like #1d4ed8", fixable=True)
        return instead


def is_number(value: object) -> TypeGuard[float]:
    """Say whether this is a number that a drawing can have."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) <= _FARTHEST
    )
