"""Pages both ways, and cursors that are not what we gave."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigcat_graphql.catalogue import (
    ConcertFilter,
    ConcertOrder,
    ConcertOrderField,
    Page,
    PageRequest,
    search_concerts,
)
from bigcat_graphql.database import fetch_all
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import Concert
from tests.scenes import make_concert, make_venue

pytestmark = pytest.mark.usefixtures("database")

START = datetime(2030, 1, 1, tzinfo=UTC)
ORDERS = [
    ConcertOrder(field, descending) for field in ConcertOrderField for descending in (False, True)
]


async def make_ties(count: int = 13) -> None:
    """Create concerts that share starts, names and prices, some of them without a price."""
    venue = await make_venue()
    for number in range(count):
        await make_concert(
            venue=venue,
            rows=1 if number % 3 else 0,
            seats_per_row=1,
            tour_name=f"Night {number % 4}",
            starts_at=START + timedelta(days=number % 5),
            currency="EUR" if number % 2 else "USD",
            price_minor=1000 * (number % 3),
        )


async def search(order: ConcertOrder, **request: Any) -> Page[Concert]:
    return await search_concerts(ConcertFilter(), order, PageRequest(**request))


async def walk(order: ConcertOrder, *, size: int, backward: bool) -> list[Concert]:
    """Read all pages one after the other, and hold what each says of its neighbours."""
    found: list[Concert] = []
    cursor = None
    while True:
        if backward:
            page = await search(order, last=size, before=cursor)
            found = page.items + found
            more, done = page.has_previous, page.has_next
        else:
            page = await search(order, first=size, after=cursor)
            found = found + page.items
            more, done = page.has_next, page.has_previous
        assert done == (cursor is not None)
        assert len(page.items) == len(page.cursors) <= size
        if not more:
            return found
        cursor = page.cursors[0] if backward else page.cursors[-1]


@pytest.mark.parametrize("order", ORDERS)
async def test_walking_pages_either_way_gives_the_whole_list_once(order: ConcertOrder) -> None:
    await make_ties()
    whole = [concert.id for concert in (await search(order, first=100)).items]

    assert len(set(whole)) == len(whole) == 13
    for size in (1, 4, 13, 100):
        for backward in (False, True):
            walked = await walk(order, size=size, backward=backward)
            assert [concert.id for concert in walked] == whole


@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_any_slice_is_the_slice_of_the_whole_list(data: st.DataObject) -> None:
    if not await fetch_all("SELECT FROM concert LIMIT 1"):
        await make_ties()
    order = data.draw(st.sampled_from(ORDERS))
    whole = await search(order, first=100)
    start = data.draw(st.integers(0, 13))
    end = data.draw(st.integers(start, 13))
    size = data.draw(st.integers(1, 15))
    backward = data.draw(st.booleans())

    page = await search(
        order,
        after=whole.cursors[start - 1] if start else None,
        before=whole.cursors[end] if end < 13 else None,
        **({"last": size} if backward else {"first": size}),
    )

    expected = range(start, end)[-size:] if backward else range(start, end)[:size]
    first, stop = (expected[0], expected[-1] + 1) if expected else (start, end)
    assert [item.id for item in page.items] == [whole.items[n].id for n in expected]
    assert page.cursors == [whole.cursors[n] for n in expected]
    assert page.has_previous == (first > 0)
    assert page.has_next == (stop < 13)


async def test_an_empty_list_has_no_neighbours() -> None:
    page = await search(ConcertOrder())

    assert page == Page([], [], has_next=False, has_previous=False)


async def test_a_page_has_twenty_items_unless_asked_otherwise() -> None:
    await make_ties(21)

    assert len((await search(ConcertOrder())).items) == 20


@pytest.mark.parametrize(
    ("request_of_page", "argument"),
    [
        ({"first": 0}, "first"),
        ({"first": -1}, "first"),
        ({"first": 101}, "first"),
        ({"first": 10_000}, "first"),
        ({"last": 0}, "last"),
        ({"last": 10_000}, "last"),
        ({"first": 1, "last": 1}, "last"),
    ],
)
async def test_a_size_that_is_not_served_is_refused_by_name(
    request_of_page: dict[str, int], argument: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await search(ConcertOrder(), **request_of_page)

    assert refused.value.argument == argument


def forge(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


ID = "00000000000000000000000000000001"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "é",
        "\x00",
        "\ud800",
        "A" * 10_000,
        forge(None),
        forge([]),
        forge(["STARTS_AT"]),
        forge(["STARTS_AT", 0]),
        forge(["STARTS_AT", 1, ID]),
        forge(["STARTS_AT", -1, "2030-01-01T00:00:00+00:00", ID]),
        forge(["STARTS_AT", True, "2030-01-01T00:00:00+00:00", ID]),
        forge(["STARTS_AT", 0, "2030-01-01T00:00:00", ID]),
        forge(["STARTS_AT", 0, "0001-01-01T00:00:00+14:00", ID]),
        forge(["STARTS_AT", 0, 5, ID]),
        forge(["STARTS_AT", 0, "2030-01-01T00:00:00+00:00", "x"]),
        forge(["STARTS_AT", 0, "2030-01-01T00:00:00+00:00", ID, 1]),
        forge(["NAME", 0, "a", ID]),
        forge(["STARTS_AT DESC", 0, "2030-01-01T00:00:00+00:00", ID]),
    ],
)
@pytest.mark.parametrize("argument", ["after", "before"])
async def test_a_forged_cursor_is_refused_by_name(argument: str, cursor: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await search(ConcertOrder(), **{argument: cursor})

    assert refused.value.argument == argument


@pytest.mark.parametrize(
    ("field", "key"),
    [
        (ConcertOrderField.NAME, ["a\x00", ID]),
        (ConcertOrderField.NAME, ["\ud800", ID]),
        (ConcertOrderField.PRICE, ["EUR", 2**63, ID]),
        (ConcertOrderField.PRICE, ["EUR", 1.5, ID]),
    ],
)
async def test_a_forged_key_that_no_column_can_hold_is_refused(
    field: ConcertOrderField, key: list[Any]
) -> None:
    with pytest.raises(InvalidArgument):
        await search(ConcertOrder(field), after=forge([field.value, 0, *key]))


async def test_a_cursor_of_another_order_is_refused() -> None:
    await make_ties(2)
    cursor = (await search(ConcertOrder(ConcertOrderField.NAME))).cursors[0]

    with pytest.raises(InvalidArgument, match="another list or order"):
        await search(ConcertOrder(ConcertOrderField.PRICE), after=cursor)
