"""Import of seating plans in pretix's format, with every fault named and the safe ones repaired."""

import orjson

from bigcat_graphql.catalogue.drafts import PlanDraft, PlanFault, PlanFaulty, check_draft
from bigcat_graphql.catalogue.plan import PlanTier
from bigcat_graphql.catalogue.pretix_drawing import CODES, COLORS, draw_plan
from bigcat_graphql.catalogue.pretix_rows import ZoneReader
from bigcat_graphql.catalogue.pretix_values import Faults, Point, is_number
from bigcat_graphql.models import SeatType

_PLAN_KEYS = frozenset({"name", "size", "categories", "zones"})
_CATEGORY_KEYS = frozenset({"name", "color"})
_DEFAULT_NAME = "Seating plan"


def read_plan(document: object, *, fix: bool = False) -> PlanDraft:
    """Read a plan.

    Areas are drawings in this format; one with our own key `x-capacity` is sold by count, at the
    price of its `x-category`, or of a tier of its own.

    Args:
        document: the file's text, or what was parsed of it.
        fix: repair what can be repaired safely.

    Raises:
        PlanFaulty: with every fault, or with `fix` those that are left.
    """
    draft, faults = inspect_plan(document)
    left = [fault for fault in faults if not (fix and fault.fixable)]
    if left or draft is None:
        raise PlanFaulty(left)
    check_draft(draft)
    return draft


def inspect_plan(document: object) -> tuple[PlanDraft | None, list[PlanFault]]:
    """Read a plan with what can be repaired repaired, and name every fault."""
    faults = Faults()
    plan = faults.read_object("", _parse(document, faults), _PLAN_KEYS)
    if plan is None:
        return None, faults.found

    tiers = _read_categories(faults, plan.get("categories"))
    zones = list(ZoneReader(faults, frozenset(tiers)).read_zones(plan.get("zones")))
    name = faults.read_text("name", plan.get("name"), instead=_DEFAULT_NAME)
    width, height = _read_size(faults, plan.get("size"))
    if not any(zone.rows or zone.areas for zone in zones):
        faults.note("zones", "have no seats, and no area with x-capacity", fixable=False)
    if any(not fault.fixable for fault in faults.found):
        return None, faults.found
    return draw_plan(name, (width, height), zones, tiers), faults.found


def _parse(document: object, faults: Faults) -> object:
    if not isinstance(document, bytes | str):
        return document
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError as error:
        faults.note("", f"is not JSON: {error}", fixable=False)
        return {}


def _read_categories(faults: Faults, value: object) -> dict[str, PlanTier]:
    tiers: dict[str, PlanTier] = {}
    for number, item in enumerate(faults.read_list("categories", value)):
        at = f"categories[{number}]"
        category = faults.read_object(at, item, _CATEGORY_KEYS)
        if category is None:
            continue
        name = faults.read_text(f"{at}.name", category.get("name"), instead=f"Category {number}")
        color = COLORS[number % len(COLORS)]
        color = faults.read_color(f"{at}.color", category.get("color"), instead=color)
        if name in tiers:
            faults.note(f"{at}.name", f"{name!r} is listed before", fixable=True)
        elif len(tiers) == len(CODES):
            faults.note(at, f"is one more than {len(CODES)} categories", fixable=False)
        else:
            seat_type = _read_seat_type(faults, f"{at}.x-seat-type", category.get("x-seat-type"))
            tiers[name] = PlanTier(CODES[len(tiers)], name, seat_type, color)
    return tiers


def _read_seat_type(faults: Faults, at: str, value: object) -> SeatType:
    if value is None:
        return SeatType.REGULAR
    if not isinstance(value, str) or value not in SeatType.__members__:
        faults.note(at, f"must be one of {', '.join(SeatType)}", fixable=False)
        return SeatType.REGULAR
    return SeatType(value)


def _read_size(faults: Faults, value: object) -> Point:
    size = value if isinstance(value, dict) else {}
    width, height = size.get("width"), size.get("height")
    if not (is_number(width) and is_number(height) and min(width, height) > 0):
        # The drawing is as large as what is in it.
        faults.note("size", "must have a width and a height", fixable=True)
        return 1, 1
    return width, height
