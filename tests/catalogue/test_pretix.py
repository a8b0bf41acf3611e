"""Reading seating plans in pretix's format."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigcat_graphql.catalogue import Plan, PlanFaulty, SeatFeature, publish_plan
from bigcat_graphql.catalogue.pretix import inspect_plan, read_plan
from bigcat_graphql.models import SeatType
from tests.scenes import make_venue

STADIUM = Path(__file__).parents[3] / "shared/data/seatmap-canvas-stadium.json"


def seat(number: int | str, *, x: float, y: float = 0, **changes: Any) -> dict[str, Any]:
    return {
        "seat_guid": f"guid-{number}-{x}-{y}",
        "seat_number": str(number),
        "position": {"x": x, "y": y},
        "category": "Cheap",
    } | changes


def plan(*seats: dict[str, Any], **changes: Any) -> dict[str, Any]:
    row = {
        "row_number": "A",
        "position": {"x": 100, "y": 100},
        "seats": list(seats) or [seat(1, x=0), seat(2, x=20)],
    }
    zone = {"name": "Stalls", "position": {"x": 50, "y": 0}, "rows": [row], "areas": []}
    return {
        "name": "Hall",
        "size": {"width": 800, "height": 600},
        "categories": [
            {"name": "Cheap", "color": "#abc"},
            {"name": "Dear", "color": "#C2410C", "x-seat-type": "VIP"},
            {"name": "Unused"},
        ],
        "zones": [zone],
    } | changes


def faults_of(document: object) -> dict[str, bool]:
    """Say where the faults are, and which are fixable; a plan with any is refused."""
    _, faults = inspect_plan(document)
    if faults:
        with pytest.raises(PlanFaulty) as refused:
            read_plan(document)
        assert refused.value.faults == faults
    return {fault.at: fault.fixable for fault in faults}


def change(at: str, value: Any) -> dict[str, Any]:
    """Make a good plan with one thing changed, or left out if the value is `...`."""
    document = deepcopy(plan())
    *path, last = at.replace("[", ".").replace("]", "").split(".")
    target: Any = document
    for part in path:
        target = target[int(part) if part.isdigit() else part]
    if value is ...:
        del target[last]
    else:
        target[int(last) if last.isdigit() else last] = value
    return document


def test_a_seat_is_where_zone_row_and_seat_say_together() -> None:
    draft = read_plan(plan())

    (section,) = draft.sections
    (row,) = section.rows
    assert (section.key, section.name, row.label) == ("stalls", "Stalls", "A")
    assert (row.points, row.seat_labels, row.tier_codes) == ("150,100 170,100", None, "aa")
    assert [(t.name, t.color, t.seat_type) for t in draft.tiers] == [
        ("Cheap", "#aabbcc", SeatType.REGULAR)
    ]
    assert faults_of(plan()) == {}


def test_seats_of_a_row_are_ordered_by_where_they_stand() -> None:
    draft = read_plan(plan(seat(1, x=40), seat(3, x=60), seat(2, x=20), seat(4, x=0)))

    assert draft.sections[0].rows[0].seat_labels == "4\n2\n1\n3"


def test_a_row_that_is_counted_from_the_right_keeps_its_way_round() -> None:
    draft = read_plan(plan(seat(1, x=40), seat(2, x=20), seat(3, x=0)))

    assert draft.sections[0].rows[0].seat_labels is None
    assert draft.sections[0].rows[0].points == "190,100 170,100 150,100"


def test_a_column_is_ordered_from_top_to_bottom() -> None:
    draft = read_plan(plan(seat(1, x=1, y=40), seat(2, x=0, y=0), seat(3, x=2, y=20)))

    assert draft.sections[0].rows[0].seat_labels == "2\n3\n1"


def test_a_plan_drawn_small_or_left_of_zero_is_moved_and_enlarged() -> None:
    draft = read_plan(plan(seat(1, x=-400.5), seat(2, x=-400)))

    assert draft.sections[0].rows[0].points == "640,3200 656,3200"
    assert draft.width >= 656


def test_wheelchair_places_and_the_ends_of_rows_are_marked() -> None:
    draft = read_plan(plan(seat(1, x=0), seat(2, x=20, wheelchair=True), seat(3, x=40)))

    assert {mark.feature: mark.indexes for mark in draft.marks} == {
        SeatFeature.ACCESSIBLE: (1,),
        SeatFeature.AISLE: (0, 2),
    }


def test_an_area_with_a_capacity_is_sold_by_count() -> None:
    document = plan()
    document["zones"][0]["areas"] = [
        {
            "shape": "rectangle",
            "position": {"x": 10, "y": 20},
            "rotation": 90,
            "rectangle": {"width": 100, "height": 40},
            "text": {"text": "Front standing", "position": {"x": 0, "y": 0}},
            "x-capacity": 500,
            "x-category": "Dear",
        },
        {
            "shape": "circle",
            "circle": {"radius": 30},
            "position": {"x": 300, "y": 300},
            "x-capacity": 7,
            "x-name": "Pit",
        },
        {"shape": "rectangle", "rectangle": {"width": 9, "height": 9}, "text": {"text": ""}},
    ]
    draft = read_plan(document)

    front, pit = draft.areas
    assert (front.key, front.place_count, front.tier_code) == ("front-standing", 500, "b")
    assert front.outline == "M60 20L60 120L20 120L20 20Z"
    assert (pit.name, pit.place_count) == ("Pit", 7)
    assert {tier.code: tier.name for tier in draft.tiers}[pit.tier_code] == "Pit"
    assert {tier.seat_type for tier in draft.tiers} == {SeatType.REGULAR, SeatType.VIP}


@pytest.mark.parametrize(
    ("shape", "value", "outline"),
    [
        ("ellipse", {"radius": {"x": 20, "y": 10}}, "M70 50L"),
        (
            "polygon",
            {"points": [{"x": 0, "y": 0}, {"x": 9, "y": 0}, {"x": 0, "y": 9}]},
            "M50 50L59",
        ),
        ("polygon", {"points": []}, None),
        ("polygon", {"points": [{"x": 0}]}, None),
        ("polygon", {}, None),
        ("rectangle", {"width": 5}, None),
        ("circle", {"radius": "5"}, None),
        ("ellipse", {"radius": 5}, None),
        ("ellipse", None, None),
        ("star", {}, None),
    ],
)
def test_an_area_has_the_outline_of_its_shape(shape: str, value: Any, outline: str | None) -> None:
    area = {"shape": shape, shape: value, "position": {"x": 0, "y": 50}, "x-capacity": 5}
    document = plan()
    document["zones"][0]["areas"] = [area]
    faults = faults_of(document).keys() - {"zones[0].areas[0].star"}

    drawn = read_plan(document, fix=True).areas[0].outline
    assert bool(faults) == (outline is None)
    assert drawn is None if outline is None else drawn and drawn.startswith(outline)


def test_an_area_without_a_good_rotation_or_capacity_is_a_fault() -> None:
    document = plan()
    document["zones"][0]["areas"] = [
        {"shape": "circle", "circle": {"radius": 9}, "rotation": "left", "x-capacity": 5},
        {"shape": "text", "x-capacity": 0},
        {"shape": "text", "x-capacity": 5, "x-category": "Dearest"},
    ]

    assert faults_of(document) == {
        "zones[0].areas[0].rotation": True,
        "zones[0].areas[1].x-capacity": False,
        "zones[0].areas[2].x-category": False,
    }


def test_areas_of_one_name_get_keys_of_their_own() -> None:
    document = plan()
    area = {"shape": "text", "x-name": "Stalls", "x-capacity": 5}
    document["zones"][0]["areas"] = [area, area]

    assert [area.key for area in read_plan(document).areas] == ["stalls-2", "stalls-3"]


def test_a_plan_may_have_standing_places_only() -> None:
    area = {"shape": "text", "x-name": "Floor", "x-capacity": 75_000}

    draft = read_plan(plan(zones=[{"name": "All", "areas": [area]}]))

    assert (draft.seat_count, draft.total_count) == (0, 75_000)


@pytest.mark.parametrize(
    ("at", "value", "fixable"),
    [
        ("name", ..., True),
        ("size", ..., True),
        ("size", {"width": 0, "height": 5}, True),
        ("zones", 5, False),
        ("categories[0]", 5, False),
        ("categories[0].color", "red", True),
        ("categories[1].name", "Cheap", True),
        ("categories[1].x-seat-type", "ROYAL", False),
        ("zones[0].name", ..., True),
        ("zones[0].extra", 1, True),
        ("zones[0].rows[0].row_number", ..., True),
        ("zones[0].rows[0].position", {"x": "1"}, False),
        ("zones[0].rows[0].seats[1]", None, False),
        ("zones[0].rows[0].seats[1].seat_guid", ..., True),
        ("zones[0].rows[0].seats[1].seat_guid", "guid-1-0-0", True),
        ("zones[0].rows[0].seats[1].seat_number", 2, True),
        ("zones[0].rows[0].seats[1].seat_number", ..., True),
        ("zones[0].rows[0].seats[1].position", ..., True),
        ("zones[0].rows[0].seats[1].position", {"x": 1e300, "y": 0}, False),
        ("zones[0].rows[0].seats[1].category", "Dearest", False),
        ("zones[0].rows[0].seats[1].category", ..., False),
        ("zones[0].areas", 5, False),
    ],
)
def test_a_fault_is_named_with_its_place_and_repaired_where_that_is_safe(
    at: str, value: Any, *, fixable: bool
) -> None:
    document = change(at, value)
    faults = faults_of(document)

    assert faults[at] is fixable
    if all(faults.values()):
        assert read_plan(document, fix=True).seat_count == 2
    else:
        with pytest.raises(PlanFaulty):
            read_plan(document, fix=True)


@pytest.mark.parametrize("key", ["section_break", "wheelchair", "status", "x-anything"])
def test_keys_seen_in_the_wild_are_tolerated(key: str) -> None:
    assert faults_of(change(f"zones[0].rows[0].seats[0].{key}", "x")) == {}


def test_empty_rows_and_zones_are_dropped_by_a_repair() -> None:
    document = plan()
    document["zones"][0]["rows"].append({"row_number": "B", "seats": []})
    document["zones"].append({"name": "Nothing", "rows": [], "areas": []})

    assert faults_of(document) == {"zones[0].rows[1]": True, "zones[1]": True}
    draft = read_plan(document, fix=True)
    assert [len(section.rows) for section in draft.sections] == [1]


def test_rows_without_places_are_placed_by_us() -> None:
    document = change("zones[0].rows[0].seats[1].position", ...)

    row = read_plan(document, fix=True).sections[0].rows[0]
    assert row.points is not None
    assert len(row.points.split()) == 2


@pytest.mark.parametrize(
    "document", [b"{", "[]", None, 5, [], {}, {"zones": []}, '{"zones": [{}]}']
)
def test_what_has_no_seats_is_refused_even_with_a_repair(document: object) -> None:
    with pytest.raises(PlanFaulty):
        read_plan(document, fix=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PLACES = [
    "name",
    "size",
    "size.width",
    "categories",
    "categories[0]",
    "categories[0].name",
    "categories[0].color",
    "zones",
    "zones[0]",
    "zones[0].name",
    "zones[0].position",
    "zones[0].rows",
    "zones[0].rows[0]",
    "zones[0].rows[0].row_number",
    "zones[0].rows[0].seats",
    "zones[0].rows[0].seats[0]",
    "zones[0].rows[0].seats[0].seat_guid",
    "zones[0].rows[0].seats[0].seat_number",
    "zones[0].rows[0].seats[0].position",
    "zones[0].rows[0].seats[0].position.x",
    "zones[0].rows[0].seats[0].category",
    "zones[0].areas",
]


@given(at=st.sampled_from(PLACES), value=JSON, fix=st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_document_is_a_plan_or_a_list_of_faults(at: str, value: Any, *, fix: bool) -> None:
    try:
        draft = read_plan(change(at, value), fix=fix)
    except PlanFaulty as refused:
        assert refused.faults  # noqa: PT017 - either outcome is right
    else:
        assert draft.total_count > 0


@given(area=st.dictionaries(st.sampled_from(["shape", "text", "position", "rotation"]), JSON))
@settings(max_examples=150, deadline=None)
def test_any_area_is_sold_or_a_fault(area: dict[str, Any]) -> None:
    document = plan()
    document["zones"][0]["areas"] = [area | {"x-capacity": 5}]
    draft, faults = inspect_plan(document)

    assert faults or (draft is not None and draft.total_count == 7)


def test_the_real_stadium_is_refused_for_420_repeated_guids_and_accepted_repaired() -> None:
    if not STADIUM.exists():
        pytest.skip("the stadium's plan is not part of the repository")
    document = STADIUM.read_bytes()

    with pytest.raises(PlanFaulty) as refused:
        read_plan(document)
    draft = read_plan(document, fix=True)

    seats = [
        seat["seat_guid"]
        for zone in json.loads(document)["zones"]
        for row in zone["rows"]
        for seat in row["seats"]
    ]
    assert len(refused.value.faults) == len(seats) - len(set(seats)) == 420
    assert refused.value.faults[0].at == "zones[0].rows[6].seats[0].seat_guid"
    assert (draft.seat_count, len(draft.tiers)) == (738, 4)


@pytest.mark.usefixtures("database")
async def test_a_plan_of_40_000_seats_is_published() -> None:
    rows = [
        {
            "row_number": str(number),
            "position": {"x": 0, "y": number * 20},
            "seats": [seat(n, x=n * 20, y=number) for n in range(100)],
        }
        for number in range(40)
    ]
    zones = [
        {"name": f"Block {n}", "position": {"x": n * 2_100, "y": 0}, "rows": deepcopy(rows)}
        for n in range(10)
    ]
    venue = await make_venue()

    published: Plan = await publish_plan(venue.id, read_plan(plan(zones=zones), fix=True))

    assert published.seat_count == 40_000
    assert published.place(39_999).label == "Block 9, row 39, seat 99"
