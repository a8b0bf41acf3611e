"""Plans: published once, read by index."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigcat_graphql.catalogue import (
    AreaDraft,
    Mark,
    Plan,
    PlanDraft,
    PlanFaulty,
    RowDraft,
    SeatFeature,
    SectionDraft,
    plan_by_id,
    plan_document,
    publish_plan,
)
from bigcat_graphql.catalogue.layout import mark_aisles, write_content, write_version
from bigcat_graphql.catalogue.plan import read_plan_document
from bigcat_graphql.database import execute
from bigcat_graphql.errors import NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import SeatingPlan
from tests.scenes import FLOOR, STALLS, draft_plan, make_plan, make_venue


def read(draft: PlanDraft) -> Plan:
    document = orjson.loads(write_version(write_content(draft), 1))
    return read_plan_document(document, plan_id=new_id(), venue_id=new_id(), content_hash="")


# ---- reading


def test_a_seat_is_named_by_section_row_and_number() -> None:
    row = RowDraft("C", 3, "r", seat_labels="5\n3\n1")
    plan = read(PlanDraft("Hall", 100, 100, [STALLS], [SectionDraft("s", "Stalls", [row])]))

    place = plan.place(1)

    assert place.label == "Stalls, row C, seat 3"
    assert (place.section_key, place.area_key, place.row, place.number) == ("s", None, "C", "3")


def test_a_row_without_a_name_is_left_out_of_the_label() -> None:
    section = SectionDraft("s", "Box", [RowDraft(" ", 1, "r")])

    assert read(PlanDraft("Hall", 100, 100, [STALLS], [section])).place(0).label == "Box, seat 1"


def test_a_place_is_named_by_its_area() -> None:
    plan = read(draft_plan(rows=1, seats_per_row=2, floor=3))

    assert [plan.place(index).label for index in (2, 4)] == ["Floor", "Floor"]
    assert plan.place(4).area_key == "floor"
    assert plan.area_of(1) is None
    assert plan.tier_codes == "rrfff"


@pytest.mark.parametrize("index", [-1, 5])
def test_an_index_outside_the_plan_is_refused(index: int) -> None:
    plan = read(draft_plan(rows=1, seats_per_row=2, floor=3))

    with pytest.raises(IndexError):
        plan.place(index)
    with pytest.raises(IndexError):
        plan.area_of(index)


def test_a_place_without_a_number_has_no_point() -> None:
    plan = read(draft_plan(rows=1, seats_per_row=2, floor=3))

    assert plan.point(1)[0] > plan.point(0)[0]
    with pytest.raises(IndexError):
        plan.point(2)


def test_features_are_those_of_the_marks() -> None:
    plan = read(draft_plan(marks=[(SeatFeature.ACCESSIBLE, [0]), (SeatFeature.AISLE, [0, 4])]))

    assert plan.place(0).features == (SeatFeature.ACCESSIBLE, SeatFeature.AISLE)
    assert plan.place(1).features == ()


@given(
    sizes=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=4), max_size=4),
    floors=st.lists(st.integers(1, 9), min_size=1, max_size=3),
)
@settings(max_examples=50, deadline=None)
def test_every_index_has_the_place_that_counting_gives(
    sizes: list[list[int]], floors: list[int]
) -> None:
    sections = [
        SectionDraft(f"s{n}", f"S{n}", [RowDraft(f"{m}", size, "r") for m, size in enumerate(rows)])
        for n, rows in enumerate(sizes)
    ]
    areas = [AreaDraft(f"a{n}", f"A{n}", count, "f") for n, count in enumerate(floors)]
    plan = read(PlanDraft("Hall", 10, 10, [STALLS, FLOOR], sections, areas))

    counted = [
        f"S{n}, row {m}, seat {seat + 1}"
        for n, rows in enumerate(sizes)
        for m, size in enumerate(rows)
        for seat in range(size)
    ] + [f"A{n}" for n, count in enumerate(floors) for _ in range(count)]
    assert [plan.place(index).label for index in range(plan.total_count)] == counted
    assert len(plan.tier_codes) == plan.total_count == len(counted)


# ---- drawing


def test_rows_without_points_are_placed_below_what_is_drawn_and_inside_the_plan() -> None:
    drawn = SectionDraft("d", "Drawn", [RowDraft("A", 2, "r", points="10,500 30,500")])
    plan = read(
        PlanDraft(
            "Hall", 50, 50, [STALLS], [drawn, SectionDraft("p", "P", [RowDraft("A", 9, "r")])]
        )
    )

    points = [plan.point(index) for index in range(2, 11)]
    assert all(0 < x < plan.width and 500 < y < plan.height for x, y in points)
    assert points == sorted(points)


def test_aisles_are_at_the_ends_of_a_row_and_beside_a_gap() -> None:
    row = RowDraft("A", 6, "r", points="0,0 10,0 20,0 60,0 70,0 80,0")
    draft = PlanDraft("Hall", 100, 100, [STALLS], [SectionDraft("s", "S", [row])])

    assert mark_aisles(draft).marks == [Mark(SeatFeature.AISLE, (0, 2, 3, 5))]


def test_a_draft_is_refused_with_all_its_faults() -> None:
    rows = [RowDraft("A", 2, "r?", points="1,1"), RowDraft("B", 2, "rrr", seat_labels="1")]
    draft = PlanDraft(
        "\x00",
        0,
        100,
        [STALLS, STALLS],
        [SectionDraft("s", "S", rows), SectionDraft("s", "S", [])],
        marks=[Mark(SeatFeature.AISLE, (3, 99))],
    )

    with pytest.raises(PlanFaulty) as refused:
        write_content(draft)

    assert {fault.at for fault in refused.value.faults} == {
        "name",
        "width",
        "tiers[1].code",
        "sections[1].key",
        "sections[0].rows[0].tierCodes",
        "sections[0].rows[0].points",
        "sections[0].rows[1].tierCodes",
        "sections[0].rows[1].seatLabels",
        "marks[0].indexes",
    }
    assert "sections[1].key: 's' is another section's or area's" in refused.value.message


STRAIGHT = RowDraft("A", 2, "r")


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"tiers": [replace(STALLS, code="")]}, "tiers[0].code"),
        ({"tiers": [replace(STALLS, color="red")]}, "tiers[0].color"),
        ({"rows": [replace(STRAIGHT, label="x" * 41)]}, "sections[0].rows[0].label"),
        ({"rows": [replace(STRAIGHT, seat_count=0)]}, "sections[0].rows[0].seatCount"),
        ({"rows": [replace(STRAIGHT, seat_labels="1\n\x07")]}, "sections[0].rows[0].seatLabels"),
        ({"rows": [replace(STRAIGHT, points="1,1 -2,1")]}, "sections[0].rows[0].points"),
        ({"areas": [AreaDraft("a", "A", 0, "r")]}, "areas[0].placeCount"),
        ({"areas": [AreaDraft("a", "A", 100_001, "r")]}, "areas[0].placeCount"),
        ({"areas": [AreaDraft("a", "A", 1, "z")]}, "areas[0].tierCode"),
        ({"areas": [AreaDraft("s", "A", 1, "r")]}, "areas[0].key"),
        ({"marks": [Mark(SeatFeature.AISLE, (1, 0))]}, "marks[0].indexes"),
        ({"marks": [Mark(SeatFeature.AISLE, (0,))] * 2}, "marks[1].feature"),
        ({"height": 100_001}, "height"),
    ],
)
def test_each_fault_of_a_draft_is_named_with_its_place(changes: dict[str, Any], at: str) -> None:
    rows = changes.pop("rows", [STRAIGHT])
    draft = PlanDraft("Hall", 100, 100, [STALLS], [SectionDraft("s", "S", rows)])

    with pytest.raises(PlanFaulty) as refused:
        write_content(replace(draft, **changes))

    assert at in [fault.at for fault in refused.value.faults]


def test_a_plan_without_anything_to_sell_is_refused() -> None:
    with pytest.raises(PlanFaulty, match="must have 1 to 200,000"):
        write_content(PlanDraft("Hall", 100, 100, [STALLS]))


# ---- publishing


@pytest.mark.usefixtures("database")
async def test_the_same_plan_stays_one_version_and_another_is_the_next() -> None:
    venue = await make_venue()
    first = await make_plan(venue, rows=1)
    second = await make_plan(venue, rows=2)

    again = await make_plan(venue, rows=1)

    assert (first.version, second.version, again.version) == (1, 2, 1)
    assert again.id == first.id
    assert await SeatingPlan.filter(venue_id=venue.id).count() == 2


@pytest.mark.usefixtures("database")
async def test_the_document_is_found_by_its_hash_byte_for_byte() -> None:
    plan = await make_plan(await make_venue(), floor=7)

    document = await plan_document(plan.content_hash)

    assert document is not None
    assert hashlib.sha256(document).hexdigest() == plan.content_hash
    assert orjson.loads(document)["areas"][0]["placeCount"] == 7
    assert list(orjson.loads(document))[:3] == ["version", "name", "width"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("content_hash", ["", "x" * 64, "\x00" * 64, "ü" * 64, "0" * 64])
async def test_an_unknown_hash_has_no_document(content_hash: str) -> None:
    assert await plan_document(content_hash) is None


@pytest.mark.usefixtures("database")
async def test_a_plan_is_read_from_the_database_once() -> None:
    plan = await make_plan(await make_venue())
    await execute("DELETE FROM seating_plan")

    assert await plan_by_id(plan.id) is plan


@pytest.mark.usefixtures("database")
async def test_an_unknown_plan_and_an_unknown_venue_are_not_found() -> None:
    with pytest.raises(NotFound):
        await plan_by_id(new_id())
    with pytest.raises(NotFound):
        await publish_plan(new_id(), draft_plan())


@pytest.mark.usefixtures("database")
async def test_two_who_publish_at_once_get_one_version_of_the_same_plan() -> None:
    venue = await make_venue()
    plans = await asyncio.gather(*[make_plan(venue, rows=1 + n % 2) for n in range(8)])

    assert sorted({plan.version for plan in plans}) == [1, 2]
    assert await SeatingPlan.filter(venue_id=venue.id).count() == 2
