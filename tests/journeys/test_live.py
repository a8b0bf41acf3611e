"""Two people look at the same hall over websockets, and see what a third one does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from bigcat_graphql.database import Connection, DatabaseUrl
from bigcat_graphql.models import Concert
from bigcat_graphql.schema.ids import write_id
from tests.journeys.serving import Server, serving
from tests.journeys.visitor import Visitor
from tests.scenes import make_concert

pytestmark = pytest.mark.usefixtures("database")

_PATIENCE_SECONDS = 30.0

WATCH = """
subscription ($concertId: ID!, $since: SeatVersionInput) {
  seatAvailability(concertId: $concertId, since: $since) {
    __typename
    ... on SeatAvailabilitySnapshot {
      epoch version statuses areas { areaKey counts { available reserved } }
    }
    ... on SeatAvailabilityDelta {
      epoch fromVersion toVersion indexes statuses areas { areaKey counts { available reserved } }
    }
  }
}
"""
FOLLOW = """
subscription ($bookingId: ID!) { bookingUpdated(bookingId: $bookingId) { status version } }
"""
BOOK = """
mutation ($input: BookSeatsInput!) {
  bookSeats(input: $input) {
    booking { id reservedUntil } errors { ... on UserError { code } }
  }
}
"""
CANCEL = """
mutation ($input: CancelBookingInput!) {
  cancelBooking(input: $input) { booking { status } errors { ... on UserError { code } } }
}
"""


class Screen:
    """A seat map as one person sees it."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.floor: dict[str, int] = {}
        self.have: dict[str, Any] | None = None
        self.kinds: list[str] = []
        self._changed = asyncio.Event()

    @property
    def statuses(self) -> str:
        return "".join(self.letters)

    async def read(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            assert message["type"] == "next", message
            self._take(message["payload"]["data"]["seatAvailability"])
            self._changed.set()

    def _take(self, event: dict[str, Any]) -> None:
        self.kinds.append(event["__typename"])
        if event["__typename"] == "SeatAvailabilitySnapshot":
            self.letters = list(event["statuses"])
            self.have = {"epoch": event["epoch"], "version": event["version"]}
        else:
            assert self.have == {"epoch": event["epoch"], "version": event["fromVersion"]}
            for index, letter in zip(event["indexes"], event["statuses"], strict=True):
                self.letters[index] = letter
            self.have["version"] = event["toVersion"]
        for area in event["areas"]:
            self.floor = area["counts"]

    async def shows(self, statuses: str) -> None:
        with told(lambda: f"{self.statuses} instead of {statuses}"):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self.statuses != statuses:
                    self._changed.clear()
                    await self._changed.wait()


@contextmanager
def told(what: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise AssertionError(what()) from None


@asynccontextmanager
async def watching(visitor: Visitor, concert: Concert, screen: Screen) -> AsyncIterator[Screen]:
    variables = {"concertId": write_id("Concert", concert.id), "since": screen.have}
    async with visitor.open_socket() as socket:
        payload = {"query": WATCH, "variables": variables}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        reading = asyncio.create_task(screen.read(socket))
        try:
            yield screen
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            socket.transport.abort()  # as a tunnel does: without a word


@pytest.fixture(scope="module")
async def server(database_url: DatabaseUrl) -> AsyncIterator[Server]:
    async with serving(DATABASE_URL=str(database_url), BIGCAT_RESERVATION_SECONDS="5") as one:
        yield one


@pytest.fixture
async def buyer(server: Server) -> AsyncIterator[Visitor]:
    async with Visitor(server) as one:
        await one.come_in()
        yield one


async def book(buyer: Visitor, concert: Concert, *indexes: int) -> Any:
    return await _book(buyer, concert, {"seats": {"planVersion": 1, "indexes": list(indexes)}})


async def book_standing(buyer: Visitor, concert: Concert, quantity: int) -> Any:
    area = {"generalAdmission": {"areaKey": "floor", "quantity": quantity}}
    return await _book(buyer, concert, area)


async def _book(buyer: Visitor, concert: Concert, selection: dict[str, Any]) -> Any:
    payload = await buyer.change(
        BOOK,
        concertId=write_id("Concert", concert.id),
        selection=selection,
        idempotencyKey="{{uuid}}",
    )
    return payload["booking"]


async def cancel(buyer: Visitor, booking: Any) -> None:
    await buyer.change(CANCEL, by={"id": booking["id"]}, idempotencyKey="{{uuid}}")


async def test_two_viewers_see_a_booking_a_cancellation_and_an_expiry(
    server: Server, buyer: Visitor
) -> None:
    concert = await make_concert(rows=1, seats_per_row=6, floor=50)
    async with (
        Visitor(server) as visitor,
        watching(visitor, concert, Screen()) as one,
        watching(buyer, concert, Screen()) as other,
    ):
        screens = [one, other]
        await all_show(screens, "AAAAAA")

        booking = await book(buyer, concert, 1, 2)
        await all_show(screens, "ARRAAA")

        await cancel(buyer, booking)
        await all_show(screens, "AAAAAA")

        booking = await book(buyer, concert, 4)
        await all_show(screens, "AAAARA")
        await all_show(screens, "AAAAAA")


async def all_show(screens: list[Screen], statuses: str) -> None:
    await asyncio.gather(*(screen.shows(statuses) for screen in screens))


async def test_who_was_cut_off_resumes_and_ends_equal_to_the_database(
    server: Server, buyer: Visitor, rival: Connection
) -> None:
    concert = await make_concert(rows=2, seats_per_row=5, floor=50, price_minor=0)
    screen = Screen()
    async with Visitor(server) as visitor:
        async with watching(visitor, concert, screen):
            await screen.shows("A" * 10)
            await book(buyer, concert, 0)
            await screen.shows("B" + "A" * 9)

        booking = await book(buyer, concert, 3, 4)
        await cancel(buyer, booking)
        await book(buyer, concert, 4, 9)
        await book_standing(buyer, concert, 2)
        before = list(screen.kinds)

        async with watching(visitor, concert, screen):
            await screen.shows("BAAABAAAAB")
            # Deltas from the version that was known: one, and one more if seats changed just now.
            assert set(screen.kinds[len(before) :]) == {"SeatAvailabilityDelta"}
            await book(buyer, concert, 5)
            await screen.shows("BAAABBAAAB")
    letters = await rival.fetchval(
        "SELECT string_agg(status, '' ORDER BY index) FROM seat"
        " WHERE concert_id = $1 AND index < 10",
        concert.id,
    )
    assert screen.statuses == letters
    assert screen.floor == {"available": 48, "reserved": 0}


async def test_who_comes_from_another_server_gets_a_snapshot(server: Server) -> None:
    concert = await make_concert(rows=1, seats_per_row=4)
    screen = Screen()
    screen.have = {"epoch": "feedfacecafebeef", "version": 4811}
    async with Visitor(server) as visitor, watching(visitor, concert, screen):
        await screen.shows("AAAA")
    assert screen.kinds == ["SeatAvailabilitySnapshot"]


async def test_a_buyer_is_told_that_the_time_is_over(buyer: Visitor) -> None:
    concert = await make_concert()
    booking = await book(buyer, concert, 0)
    seen: list[str] = []
    async with buyer.open_socket() as socket, asyncio.timeout(_PATIENCE_SECONDS):
        payload = {"query": FOLLOW, "variables": {"bookingId": booking["id"]}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        while "EXPIRED" not in seen:
            message = json.loads(await socket.recv())
            seen.append(message["payload"]["data"]["bookingUpdated"]["status"])
    assert seen == ["PENDING", "EXPIRED"]
