"""seatAvailability, concertAvailability and bookingUpdated."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from bigcat_graphql import live
from bigcat_graphql.accounts import RateLimited, Viewer
from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.resolvers.api import schema
from bigcat_graphql.schema.context import Context
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import cancel, pay
from tests.resolvers.asking import hold, id_of, read
from tests.scenes import make_buyer, make_concert, make_organizer

_SEATS = """
subscription ($concertId: ID!, $since: SeatVersionInput) {
  seatAvailability(concertId: $concertId, since: $since) {
    __typename
    ... on SeatAvailabilitySnapshot { epoch version planVersion statuses counts { available } }
    ... on SeatAvailabilityDelta {
      epoch fromVersion toVersion indexes statuses areas { areaKey counts { available } }
      counts { available }
    }
  }
}
"""
_BOOKING = """
subscription ($bookingId: ID!, $since: Int) {
  bookingUpdated(bookingId: $bookingId, since: $since) {
    version status seats { status } tickets { code }
  }
}
"""
_COUNTS = """
subscription ($concertIds: [ID!]!) {
  concertAvailability(concertIds: $concertIds) { id counts { available reserved total } }
}
"""
# A frame comes at once; whoever waits so long waits for one that never comes.
_PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
async def _live(database: DatabaseUrl) -> AsyncIterator[None]:
    del database
    live.start()
    yield
    await live.stop()


@asynccontextmanager
async def watch(
    document: str, viewer: Viewer | None = None, **variables: object
) -> AsyncIterator[AsyncGenerator[Any, None]]:
    """Subscribe, for as long as the block lasts."""
    context = Context(viewer=viewer)
    source = await schema.subscribe(document, variable_values=variables, context_value=context)
    async with aclosing(source) as events:
        yield events


async def next_of(events: AsyncGenerator[Any, None]) -> Any:
    """Give the next event's only field."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        result = await anext(events)
    assert not result.errors, result.errors
    [event] = result.data.values()
    return event


async def refusal_of(events: AsyncGenerator[Any, None]) -> InvalidArgument:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        result = await anext(events)
    [error] = result.errors
    assert isinstance(error.original_error, InvalidArgument)
    return error.original_error


async def test_a_viewer_sees_a_booking_and_its_cancellation() -> None:
    concert, buyer = await make_concert(floor=5), await make_buyer()
    async with watch(_SEATS, concertId=id_of(concert)) as events:
        snapshot = await next_of(events)
        assert snapshot["__typename"] == "SeatAvailabilitySnapshot"
        assert (snapshot["statuses"], snapshot["counts"]) == ("A" * 10, {"available": 15})

        made = await hold(buyer, concert, 2, 3)
        delta = await next_of(events)
        assert delta["epoch"] == snapshot["epoch"]
        assert delta["fromVersion"] == snapshot["version"]
        assert (delta["indexes"], delta["statuses"]) == ([2, 3], "RR")
        assert delta["counts"] == {"available": 13}

        await cancel(buyer, made)
        freed = await next_of(events)
        assert freed["fromVersion"] == delta["toVersion"]
        assert (freed["indexes"], freed["statuses"]) == ([2, 3], "AA")


async def test_a_viewer_goes_on_where_the_query_left_off() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    document = """
    query ($id: ID!) { seatMap(concertId: $id) { availability { epoch version } } }
    """
    seat_map = (await read(document, id=id_of(concert)))["seatMap"]
    await hold(buyer, concert, 1)
    since = seat_map["availability"]
    async with watch(_SEATS, concertId=id_of(concert), since=since) as events:
        delta = await next_of(events)
        assert delta["__typename"] == "SeatAvailabilityDelta"
        assert delta["fromVersion"] == since["version"]
        assert (delta["indexes"], delta["statuses"]) == ([1], "R")


async def test_a_version_that_nobody_remembers_gets_a_snapshot() -> None:
    concert = await make_concert()
    since = {"epoch": "0" * 16, "version": 7}
    async with watch(_SEATS, concertId=id_of(concert), since=since) as events:
        assert (await next_of(events))["__typename"] == "SeatAvailabilitySnapshot"


async def test_what_has_no_seats_to_watch_is_refused() -> None:
    bare = await make_concert(rows=0, on_sale=False)
    draft = await make_concert(status=ConcertStatus.DRAFT)
    for concert_id in ("nonsense", id_of(bare), id_of(draft)):
        async with watch(_SEATS, concertId=concert_id) as events:
            assert (await refusal_of(events)).argument == "concertId"


async def test_a_buyer_sees_a_booking_change() -> None:
    buyer, concert = await make_buyer(), await make_concert()
    made = await hold(buyer, concert, 0)
    async with watch(_BOOKING, buyer, bookingId=id_of(made)) as events:
        first = await next_of(events)
        assert (first["status"], first["seats"]) == ("PENDING", [{"status": "RESERVED"}])
        await pay(buyer, made)
        while first["status"] == "PENDING":
            first = await next_of(events)
        assert (first["status"], first["seats"]) == ("CONFIRMED", [{"status": "BOOKED"}])
        assert first["tickets"][0]["code"]


async def test_nothing_comes_before_there_is_news() -> None:
    buyer, concert = await make_buyer(), await make_concert()
    made = await hold(buyer, concert, 0)
    async with watch(_BOOKING, buyer, bookingId=id_of(made), since=made.version) as events:
        waiting = asyncio.create_task(next_of(events))
        await cancel(buyer, made)
        assert (await waiting)["status"] == "CANCELLED"


async def test_an_organizer_watches_without_ticket_codes() -> None:
    buyer, concert = await make_buyer(), await make_concert()
    made = await pay(buyer, await hold(buyer, concert, 0))
    async with watch(_BOOKING, await make_organizer(concert), bookingId=id_of(made)) as events:
        assert (await next_of(events))["tickets"] == [{"code": None}]


async def test_somebody_elses_booking_cannot_be_watched() -> None:
    made = await hold(await make_buyer(), await make_concert(), 0)
    for viewer, booking_id in (
        (await make_buyer(), id_of(made)),
        (None, id_of(made)),
        (await make_buyer(), "nonsense"),
    ):
        async with watch(_BOOKING, viewer, bookingId=booking_id) as events:
            assert (await refusal_of(events)).argument == "bookingId"


async def test_a_list_sees_how_many_seats_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bigcat_graphql.live.counts.WINDOW_SECONDS", 0.02)
    one, other = await make_concert(), await make_concert(rows=1)
    ids = [id_of(one), id_of(other), id_of(one)]
    async with watch(_COUNTS, concertIds=ids) as events:
        first = [await next_of(events) for _ in range(2)]
        assert [event["counts"]["total"] for event in first] == [10, 5]
        await hold(await make_buyer(), other, 0)
        assert await next_of(events) == {
            "id": first[1]["id"],
            "counts": {"available": 4, "reserved": 1, "total": 5},
        }
    asked = await read("query ($id: ID!) { node(id: $id) { __typename } }", id=first[0]["id"])
    assert asked["node"]["__typename"] == "ConcertAvailability"


@pytest.mark.parametrize("count", [0, 101])
async def test_no_concert_and_too_many_are_refused(count: int) -> None:
    ids = [write_id("Concert", new_id()) for _ in range(count)]
    async with watch(_COUNTS, concertIds=ids) as events:
        assert (await refusal_of(events)).argument == "concertIds"


@pytest.mark.parametrize("name", ["nonsense", write_id("Booking", UUID(int=1), UUID(int=2))])
async def test_what_is_no_concert_is_refused(name: str) -> None:
    async with watch(_COUNTS, concertIds=[name]) as events:
        assert (await refusal_of(events)).argument == "concertIds"


async def test_counts_of_a_draft_are_nobodys_business() -> None:
    draft = await make_concert(status=ConcertStatus.DRAFT)
    async with watch(_COUNTS, concertIds=[id_of(await make_concert()), id_of(draft)]) as events:
        assert (await refusal_of(events)).argument == "concertIds"


async def test_who_subscribes_again_and_again_is_told_when_to_come_back() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    with override_settings(watches_per_minute=1 / 60, watches_burst=2):
        for _ in range(2):
            async with watch(_SEATS, buyer, concertId=id_of(concert)) as events:
                await next_of(events)
        async with watch(_SEATS, buyer, concertId=id_of(concert)) as events:
            [error] = (await anext(events)).errors
        assert isinstance(error.original_error, RateLimited)
        assert 3_500 < error.original_error.retry_after_seconds <= 3_600
        async with watch(_SEATS, concertId=id_of(concert)) as events:
            await next_of(events)  # a visitor pays by the address
