"""seatMap: the plan by row, every seat's state, and a few seats in full."""

import base64

import pytest

from bigcat_graphql.catalogue import SeatFeature
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.schema.context import Context
from tests.resolvers.asking import ask, ask_within, hold, id_of, read
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

_PLAN = """
query ($concertId: ID!) {
  seatMap(concertId: $concertId) {
    id
    concert { id }
    plan {
      id version url name width height seatCount totalCount
      tiers { code name seatType color }
      sections {
        key name firstIndex seatCount outline
        rows { label firstIndex seatCount seatLabels points tierCodes }
      }
      areas { key name firstIndex placeCount tierCode outline }
      marks { feature indexes }
    }
  }
}
"""
_STATE = """
query ($concertId: ID!) {
  seatMap(concertId: $concertId) {
    availability {
      epoch version planVersion statuses packed
      areas { areaKey counts { available total } }
      counts { available reserved booked blocked total }
    }
  }
}
"""
_SEATS = """
query ($concertId: ID!, $indexes: [Int!]!) {
  seatMap(concertId: $concertId) {
    seats(indexes: $indexes) {
      index label sectionKey areaKey row number type tier { code } status features
    }
  }
}
"""


async def test_the_plan_comes_by_row() -> None:
    concert = await make_concert(premium_rows=1, floor=4, marks=[(SeatFeature.AISLE, (0, 4))])
    context = Context(base_url="https://tickets.example.org")
    answer = await ask_within(context, _PLAN, concertId=id_of(concert))
    plan = answer.data["seatMap"]["plan"]
    assert plan["url"].startswith("https://tickets.example.org/plans/")
    assert plan["url"].endswith(".json")
    assert (plan["seatCount"], plan["totalCount"]) == (10, 14)
    [section] = plan["sections"]
    assert [row["tierCodes"] for row in section["rows"]] == ["ppppp", "rrrrr"]
    assert plan["areas"][0]["firstIndex"] == 10
    assert plan["marks"] == [{"feature": "AISLE", "indexes": [0, 4]}]


async def test_every_seats_state_is_one_letter_or_two_bits() -> None:
    concert = await make_concert(floor=4)
    await hold(await make_buyer(), concert, 1, 2)
    state = (await read(_STATE, concertId=id_of(concert)))["seatMap"]["availability"]
    assert state["statuses"] == "ARRAAAAAAA"
    assert base64.b64decode(state["packed"]) == bytes([0b00010100, 0, 0])
    assert state["areas"] == [{"areaKey": "floor", "counts": {"available": 4, "total": 4}}]
    assert state["counts"] == {
        "available": 12,
        "reserved": 2,
        "booked": 0,
        "blocked": 0,
        "total": 14,
    }


async def test_a_few_seats_come_in_full_in_the_order_asked() -> None:
    concert = await make_concert(premium_rows=1, floor=4, marks=[(SeatFeature.ACCESSIBLE, (4,))])
    await hold(await make_buyer(), concert, 4)
    data = await read(_SEATS, concertId=id_of(concert), indexes=[11, 4])
    place, seat = data["seatMap"]["seats"]
    assert place == {
        "index": 11,
        "label": "Floor",
        "sectionKey": None,
        "areaKey": "floor",
        "row": None,
        "number": None,
        "type": "REGULAR",
        "tier": {"code": "f"},
        "status": "AVAILABLE",
        "features": [],
    }
    assert (seat["sectionKey"], seat["row"], seat["number"]) == ("stalls", "A", "5")
    assert (seat["type"], seat["status"]) == ("PREMIUM", "RESERVED")
    assert seat["features"] == ["ACCESSIBLE"]


@pytest.mark.parametrize("indexes", [[14], [-1], [2_147_483_647], [0] * 101])
async def test_seats_that_the_plan_does_not_have_are_refused(indexes: list[int]) -> None:
    concert = await make_concert(floor=4)
    answer = await ask(_SEATS, concertId=id_of(concert), indexes=indexes)
    [cause] = answer.causes
    assert isinstance(cause, InvalidArgument)
    assert cause.argument == "indexes"


async def test_an_index_beyond_32_bits_is_no_int() -> None:
    concert = await make_concert()
    answer = await ask(_SEATS, concertId=id_of(concert), indexes=[2**31])
    assert answer.data is None


async def test_there_is_no_seat_map_of_what_has_no_seats_or_is_a_draft() -> None:
    bare = await make_concert(rows=0, on_sale=False)
    draft = await make_concert(status=ConcertStatus.DRAFT)
    for concert_id in (id_of(bare), id_of(draft), "nonsense"):
        assert await read(_PLAN, concertId=concert_id) == {"seatMap": None}
