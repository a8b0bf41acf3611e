"""joinWaitlist, leaveWaitlist, and what accounts and concerts say of waiting lists."""

from collections.abc import Iterator
from typing import Any

import pytest

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking.freeing import put_first
from bigcat_graphql.models import Concert
from bigcat_graphql.waitlist import take_part
from tests.resolvers.asking import id_of, read
from tests.scenes import make_buyer, make_concert
from tests.waitlist.lists import give_back, make_fan, make_sold_out

_ENTRY = """
id status quantity together position timesPassedOver maxPrice { amount currency }
concert { id waitlistOpen } offer { id status seats { label } }
"""
_JOIN = f"""
mutation ($input: JoinWaitlistInput!) {{ joinWaitlist(input: $input) {{
  entry {{ {_ENTRY} }}
  errors {{ __typename ... on UserError {{ code path }}
    ... on AdmissionRequiredError {{ queueEntry {{ id }} challenge }}
    ... on WrongConcertStateError {{ concertStatus }} ... on LimitExceededError {{ limit }} }}
}} }}
"""
_LEAVE = f"""
mutation ($input: LeaveWaitlistInput!) {{ leaveWaitlist(input: $input) {{
  entry {{ {_ENTRY} }} errors {{ ... on UserError {{ code path }} }}
}} }}
"""


@pytest.fixture(autouse=True)
def _list(database: object) -> Iterator[None]:  # noqa: ARG001 - it is emptied after
    async def nobody(_: object) -> list[object]:
        return []

    take_part()
    yield
    put_first(nobody)  # type: ignore[arg-type] # it has nothing to tell


async def join(viewer: Viewer, concert: Concert, **given: object) -> Any:
    data = await read(_JOIN, viewer, input={"concertId": id_of(concert), "quantity": 1, **given})
    return data["joinWaitlist"]


async def test_a_place_is_shown_with_its_wishes_then_with_its_offer() -> None:
    concert, [(holder, key)] = await make_sold_out(holders=[[0, 1]], rows=1, seats_per_row=2)
    ada = await make_fan()
    price = {"amount": "65.00", "currency": "USD"}
    wishes = {"quantity": 2, "together": True, "maxPrice": price, "seatTypes": ["REGULAR"]}
    entry = (await join(ada, concert, **wishes))["entry"]
    assert (entry["status"], entry["position"], entry["offer"]) == ("WAITING", 1, None)
    assert (entry["quantity"], entry["together"], entry["maxPrice"]) == (2, True, price)
    assert entry["concert"] == {"id": id_of(concert), "waitlistOpen": True}

    await give_back(holder, key)
    document = f"query ($id: ID!) {{ node(id: $id) {{ ... on WaitlistEntry {{ {_ENTRY} }} }} }}"
    found = (await read(document, ada, id=entry["id"]))["node"]
    assert (found["status"], found["position"]) == ("OFFERED", None)
    assert found["offer"]["status"] == "PENDING"
    assert len(found["offer"]["seats"]) == 2
    assert (await read(document, await make_buyer(), id=entry["id"]))["node"] is None


async def test_an_account_pages_through_its_places() -> None:
    ada = await make_fan()
    concerts = [(await make_sold_out(holders=[[0]], rows=1, seats_per_row=1))[0] for _ in range(3)]
    entries = [(await join(ada, concert))["entry"]["id"] for concert in concerts]
    document = """
    query ($after: String) { me { waitlistEntries(first: 2, after: $after) {
      totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage endCursor }
    } } }
    """
    page = (await read(document, ada))["me"]["waitlistEntries"]
    assert page["totalCount"] == 3
    assert [node["id"] for node in page["nodes"]] == entries[:0:-1]
    rest = await read(document, ada, after=page["pageInfo"]["endCursor"])
    assert [node["id"] for node in rest["me"]["waitlistEntries"]["nodes"]] == entries[:1]


async def test_who_leaves_is_told_so_and_somebody_elses_place_is_not_found() -> None:
    concert, _ = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
    ada = await make_fan()
    entry = (await join(ada, concert))["entry"]["id"]
    for viewer, asked in ((await make_fan(), entry), (ada, "nonsense")):
        told = (await read(_LEAVE, viewer, input={"entryId": asked}))["leaveWaitlist"]
        assert told["errors"] == [{"code": "NOT_FOUND", "path": ["input", "entryId"]}]
    left = (await read(_LEAVE, ada, input={"entryId": entry}))["leaveWaitlist"]
    assert (left["entry"]["status"], left["entry"]["position"]) == ("LEFT", None)


async def test_why_one_cannot_wait_is_told() -> None:
    sold_out, _ = await make_sold_out(holders=[[0, 1]], rows=1, seats_per_row=2)
    free, fan = await make_concert(), await make_fan()

    async def told(viewer: Viewer, concert: Concert, **given: object) -> Any:
        (error,) = (await join(viewer, concert, **given))["errors"]
        return error["__typename"], error["code"]

    assert await told(await make_buyer(), sold_out) == (
        "AdmissionRequiredError",
        "EMAIL_NOT_VERIFIED",
    )
    assert await told(fan, free) == ("WrongConcertStateError", "WRONG_CONCERT_STATE")
    assert await told(fan, sold_out, quantity=9) == ("InvalidInputError", "INVALID_INPUT")
    too_exact = {"amount": "1.001", "currency": "USD"}
    assert await told(fan, sold_out, maxPrice=too_exact) == ("InvalidInputError", "INVALID_INPUT")
    nowhere = await read(_JOIN, fan, input={"concertId": "x", "quantity": 1})
    assert nowhere["joinWaitlist"]["errors"][0]["code"] == "NOT_FOUND"
