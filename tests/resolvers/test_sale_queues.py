"""joinQueue, leaveQueue, queuePosition, saleQueue, saleDraw, and booking where a queue is on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking.gate import put_up
from bigcat_graphql.errors import DomainError, InvalidArgument
from bigcat_graphql.models import Concert
from bigcat_graphql.onsale import take_part
from bigcat_graphql.onsale.turns import take_turn
from bigcat_graphql.resolvers.api import schema
from bigcat_graphql.schema.context import Context
from bigcat_graphql.settings import override_settings
from tests.onsale.queues import join_all, make_queue, open_sale, pass_opening, place_of
from tests.resolvers.asking import chosen, id_of, read, write
from tests.scenes import make_buyer, make_concert

_JOIN = """
mutation ($input: JoinQueueInput!) { joinQueue(input: $input) {
  entry { id status receipt rank estimatedWaitSeconds admission admittedUntil concert { id } }
  errors { __typename ... on UserError { message code path }
    ... on WrongConcertStateError { concertStatus }
    ... on AdmissionRequiredError { challenge queueEntry { id } } }
} }
"""
_LEAVE = """
mutation ($input: LeaveQueueInput!) { leaveQueue(input: $input) {
  entry { id status } errors { __typename ... on UserError { code path } }
} }
"""
_BOOK = """
mutation ($input: BookSeatsInput!) { bookSeats(input: $input) {
  booking { id status }
  errors { __typename ... on UserError { code path message }
    ... on AdmissionRequiredError { queueEntry { status rank } challenge } }
} }
"""
_WATCH = """
subscription ($concertId: ID!) { queuePosition(concertId: $concertId) {
  phase headRank waiting admittedPerMinute seatsLeft
  entry { status rank admission estimatedWaitSeconds }
} }
"""
_PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def _sale(database: object) -> Iterator[None]:  # noqa: ARG001 - it is emptied after
    async def nobody(_: object) -> dict[object, DomainError]:
        return {}

    take_part()
    with override_settings(beacon_url="off", queue_joins_per_second=1_000_000):
        yield
    put_up(nobody)  # type: ignore[arg-type] # it turns nobody away


async def join(viewer: Viewer, concert: Concert, **given: object) -> Any:
    data = await read(_JOIN, viewer, input={"concertId": id_of(concert), **given})
    return data["joinQueue"]


async def test_a_place_is_shown_and_found_again_by_its_owner_alone() -> None:
    concert, ada = await make_queue(), await make_buyer()
    entry = (await join(ada, concert, nonce="mine"))["entry"]
    assert entry["status"] == "PREQUEUE"
    assert entry["concert"]["id"] == id_of(concert)
    assert [entry[name] for name in ("rank", "admission", "admittedUntil")] == [None] * 3
    document = "query ($id: ID!) { node(id: $id) { id ... on QueueEntry { receipt } } }"
    found = await read(document, ada, id=entry["id"])
    assert found["node"] == {"id": entry["id"], "receipt": entry["receipt"]}
    assert (await read(document, await make_buyer(), id=entry["id"]))["node"] is None
    assert (await read(document, None, id=entry["id"]))["node"] is None


async def test_joining_what_has_no_queue_is_told_with_the_concerts_status() -> None:
    concert, ada = await make_concert(), await make_buyer()
    told = (await join(ada, concert))["errors"]
    assert told == [
        {
            "__typename": "WrongConcertStateError",
            "message": "This concert has no sale queue that one could join now.",
            "code": "WRONG_CONCERT_STATE",
            "path": ["input", "concertId"],
            "concertStatus": "ON_SALE",
        }
    ]
    nowhere = await read(_JOIN, ada, input={"concertId": "x"})
    assert nowhere["joinQueue"]["errors"][0]["code"] == "NOT_FOUND"


async def test_who_leaves_is_told_so() -> None:
    concert = await make_queue()
    (ada,) = await join_all(concert, 1)
    left = (await read(_LEAVE, ada, input={"concertId": id_of(concert)}))["leaveQueue"]
    assert left["entry"]["status"] == "LEFT"
    stranger = await make_buyer()
    told = (await read(_LEAVE, stranger, input={"concertId": id_of(concert)}))["leaveQueue"]
    assert told["errors"] == [
        {"__typename": "NotFoundError", "code": "NOT_FOUND", "path": ["input", "concertId"]}
    ]


async def test_booking_takes_the_admission_of_ones_own_place() -> None:
    concert = await make_queue()
    ada, ben = await join_all(concert, 2)
    with override_settings(queue_admitted_max=1):
        await open_sale(concert)
        await take_turn()  # by now this node has heard of the queue
    places = {"ada": await place_of(concert, ada), "ben": await place_of(concert, ben)}
    inside, outside = (ada, ben) if places["ada"].admitted_until else (ben, ada)
    admission = (await join(inside, concert))["entry"]["admission"]
    asked: dict[str, Any] = {"concertId": id_of(concert), "selection": chosen(0)}

    for viewer, shown in ((inside, {}), (outside, {"admission": admission}), (outside, {})):
        told = await write(_BOOK, viewer, 1, **asked, **shown)
        assert (told["code"], told["path"]) == ("QUEUE_ADMISSION_REQUIRED", ["input", "admission"])
        assert told["queueEntry"]["rank"] in {1, 2}
    booked = await write(_BOOK, inside, **asked, admission=admission)
    assert booked["status"] == "PENDING"


async def test_a_concert_shows_its_queue_and_draw_as_far_as_they_are_public() -> None:
    concert, without = await make_queue(), await make_concert()
    await join_all(concert, 3)
    document = """
    query ($one: ID!, $two: ID!) {
      one: concert(by: {id: $one}) { saleQueue { phase headRank waiting seatsLeft entry { id } } }
      two: concert(by: {id: $two}) { saleQueue { phase } }
      draw: saleDraw(concertId: $one) {
        saleId grade commitment seed entriesRoot entryCount drawnAt recordUrl beacon { round }
      }
      none: saleDraw(concertId: $two) { saleId }
    }
    """
    before = await read(document, one=id_of(concert), two=id_of(without))
    assert before["one"]["saleQueue"]["phase"] == "PREQUEUE"
    assert (before["two"]["saleQueue"], before["none"]) == (None, None)
    assert before["draw"]["commitment"]
    hidden = ("grade", "seed", "entriesRoot", "entryCount", "drawnAt", "recordUrl", "beacon")
    assert [before["draw"][name] for name in hidden] == [None] * len(hidden)

    await pass_opening(concert)
    await take_turn()
    drawing = (await read(document, one=id_of(concert), two=id_of(without)))["draw"]
    assert drawing["entryCount"] == 3
    assert drawing["seed"] is None
    await open_sale(concert)
    drawn = (await read(document, one=id_of(concert), two=id_of(without)))["draw"]
    assert drawn["grade"] == "COMMITMENT"
    assert drawn["commitment"] == before["draw"]["commitment"]
    assert drawn["entriesRoot"] == drawing["entriesRoot"]
    assert drawn["recordUrl"].endswith(f"/draws/{drawn['saleId']}.json")


async def test_watching_gives_ones_own_place_first_then_the_head_of_the_line() -> None:
    concert = await make_queue()
    ada, _ = await join_all(concert, 2)
    with override_settings(queue_admitted_max=1):
        async with watching(ada, concert) as frames:
            first = await following(frames)
            assert (first["phase"], first["entry"]["status"]) == ("PREQUEUE", "PREQUEUE")
            assert (await following(frames))["entry"] is None
            await open_sale(concert)
            seen = [await following(frames) for _ in range(2)]
            mine = [frame["entry"] for frame in seen if frame["entry"]]
            assert mine
            assert mine[0]["rank"] in {1, 2}
            assert (mine[0]["admission"] is None) == (mine[0]["rank"] == 2)


async def test_who_is_not_signed_in_watches_the_line_without_a_place() -> None:
    concert = await make_queue()
    async with watching(None, concert) as frames:
        assert (await following(frames))["entry"] is None
    with pytest.raises(InvalidArgument):
        async with watching(None, await make_concert()) as frames:
            await following(frames)


@asynccontextmanager
async def watching(viewer: Viewer | None, concert: Concert) -> AsyncIterator[AsyncGenerator[Any]]:
    frames = await schema.subscribe(
        _WATCH, variable_values={"concertId": id_of(concert)}, context_value=Context(viewer=viewer)
    )
    try:
        yield frames
    finally:
        await frames.aclose()


async def following(frames: AsyncGenerator[Any]) -> Any:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        result = await anext(frames)
    if result.errors:
        raise result.errors[0].original_error
    return result.data["queuePosition"]
