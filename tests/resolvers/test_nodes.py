"""node and nodes: the same objects, under the same rules, as where they are found otherwise."""

from collections.abc import Sequence
from typing import Any

import pytest

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.schema.ids import write_id
from tests.booking.verbs import pay
from tests.resolvers.asking import ask, hold, id_of, read
from tests.scenes import make_admin, make_buyer, make_concert, make_organizer

pytestmark = pytest.mark.usefixtures("database")

_NODE = """
query ($id: ID!) {
  node(id: $id) { __typename id ... on Ticket { code } ... on Account { email } }
}
"""
_NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
_EVERYTHING = """
query ($booking: ID!) {
  me { id }
  booking(by: {id: $booking}) {
    id
    payment { id }
    tickets { id seat { id } }
    concert {
      id venue { id } priceTiers { id } availability { id } seatMap { id plan { id } }
    }
  }
}
"""
_PRIVATE = {"Account", "Booking", "Payment", "Ticket"}
_KINDS = _PRIVATE | {
    "Concert",
    "ConcertAvailability",
    "PriceTier",
    "Seat",
    "SeatMap",
    "SeatingPlan",
    "Venue",
}


async def everything() -> tuple[Viewer, list[str]]:
    """A buyer, and the ids of one object of each kind around a paid booking of theirs."""
    buyer = await make_buyer()
    made = await pay(buyer, await hold(buyer, await make_concert(), 3))
    return buyer, sorted(_ids_in(await read(_EVERYTHING, buyer, booking=id_of(made))))


def _ids_in(data: Any) -> set[str]:
    if isinstance(data, list):
        return {found for item in data for found in _ids_in(item)}
    if not isinstance(data, dict):
        return set()
    own = {data["id"]} if "id" in data else set()
    return own | {found for value in data.values() for found in _ids_in(value)}


async def node(node_id: str, viewer: Viewer | None = None) -> Any:
    return (await read(_NODE, viewer, id=node_id))["node"]


async def kinds(ids: Sequence[str], viewer: Viewer | None) -> set[str]:
    nodes = (await read(_NODES, viewer, ids=ids))["nodes"]
    return {one["__typename"] for one in nodes if one}


async def test_every_object_is_found_again_by_its_id() -> None:
    buyer, ids = await everything()
    found = [await node(one, buyer) for one in ids]
    assert [one["id"] for one in found] == ids
    assert {one["__typename"] for one in found} == _KINDS


async def test_many_are_found_in_the_order_asked_and_null_where_there_is_none() -> None:
    buyer, ids = await everything()
    asked = [ids[2], "nonsense", *ids, ids[2]]
    nodes = (await read(_NODES, buyer, ids=asked))["nodes"]
    assert [one["id"] if one else None for one in nodes] == [ids[2], None, *ids, ids[2]]


async def test_strangers_and_visitors_find_what_is_public_only() -> None:
    _, ids = await everything()
    assert await kinds(ids, None) == _KINDS - _PRIVATE
    assert await kinds(ids, await make_buyer()) == _KINDS - _PRIVATE


async def test_an_organizer_finds_bookings_without_what_is_the_buyers_alone() -> None:
    buyer = await make_buyer()
    concert = await make_concert()
    made = await pay(buyer, await hold(buyer, concert, 3))
    ids = await read(_EVERYTHING, buyer, booking=id_of(made))
    [ticket] = ids["booking"]["tickets"]
    organizer = await make_organizer(concert)
    assert (await node(ticket["id"], organizer))["code"] is None
    assert (await node(ticket["id"], buyer))["code"]
    assert await node(ids["me"]["id"], organizer) is None
    assert (await node(id_of(made), organizer))["id"] == id_of(made)


async def test_an_admin_finds_accounts() -> None:
    buyer = await make_buyer("ada@example.org")
    found = await node(write_id("Account", buyer.account_id), await make_admin())
    assert found["email"] == "ada@example.org"


async def test_what_belongs_to_a_draft_is_found_by_its_organizer_only() -> None:
    draft = await make_concert(status=ConcertStatus.DRAFT)
    organizer = await make_organizer(draft)
    ids = [
        write_id("Concert", draft.id),
        write_id("SeatMap", draft.id),
        write_id("ConcertAvailability", draft.id),
        write_id("Seat", draft.id, 0),
    ]
    assert await kinds(ids, None) == set()
    assert await kinds(ids, organizer) == {"Concert", "SeatMap", "ConcertAvailability", "Seat"}


@pytest.mark.parametrize("kind", sorted(_KINDS | {"Money", "Query", ""}))
async def test_an_id_that_nothing_has_is_null(kind: str) -> None:
    buyer, concert = await make_buyer(), await make_concert()
    for node_id in (
        write_id(kind, new_id()),
        write_id(kind, new_id(), new_id()),
        write_id(kind, concert.id, new_id()),
        write_id(kind, new_id(), 0),
        write_id(kind, concert.id, 9_999_999),
    ):
        found = await node(node_id, buyer)
        assert found is None, node_id


async def test_more_than_a_hundred_at_once_are_refused() -> None:
    answer = await ask(_NODES, ids=["x"] * 101)
    [cause] = answer.causes
    assert isinstance(cause, InvalidArgument)
    assert cause.argument == "ids"
