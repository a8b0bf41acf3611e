"""Two servers on one database: who watches on one sees what is booked on the other."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.models import Concert
from bigcat_graphql.schema.ids import write_id
from tests.journeys.serving import Server, serving
from tests.journeys.visitor import Visitor
from tests.live.bus.cable import Cable
from tests.live.bus.nats_server import BINARY, NatsServer
from tests.scenes import make_concert

# Nothing is found by comparing: what the other node shows came over the bus, or because of it.
NEVER = str(24 * 3600)
_PATIENCE_SECONDS = 60

SEATS = """
subscription ($id: ID!) {
  seatAvailability(concertId: $id) {
    ... on SeatAvailabilitySnapshot { counts { available } }
    ... on SeatAvailabilityDelta { counts { available } }
  }
}
"""
COUNTS = """
subscription ($id: ID!) { concertAvailability(concertIds: [$id]) { counts { available } } }
"""
BOOKING = "subscription ($id: ID!) { bookingUpdated(bookingId: $id) { status } }"
BOOK = """
mutation ($input: BookSeatsInput!) {
  bookSeats(input: $input) { booking { id } errors { ... on UserError { code } } }
}
"""
CANCEL = """
mutation ($input: CancelBookingInput!) {
  cancelBooking(input: $input) { booking { id } errors { ... on UserError { code } } }
}
"""


class Watcher:
    """What somebody sees on one node, by subscription."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.last: dict[str, Any] = {}
        self._moved = asyncio.Event()

    async def watch(self, **subscriptions: tuple[str, str]) -> None:
        async with self._visitor.open_socket() as socket:
            for name, (document, key) in subscriptions.items():
                payload = {"query": document, "variables": {"id": key}}
                message = {"id": name, "type": "subscribe", "payload": payload}
                await socket.send(json.dumps(message))
            await self._read(socket)

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "ping":
                await socket.send('{"type":"pong"}')
                continue
            assert message["type"] == "next", message
            [self.last[message["id"]]] = message["payload"]["data"].values()
            self._moved.set()

    async def until(self, happened: Callable[[dict[str, Any]], object]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not happened(self.last):
                self._moved.clear()
                await self._moved.wait()

    async def sees(self, available: int) -> None:
        seen = {"counts": {"available": available}}
        await self.until(lambda last: last["seats"] == seen and last["counts"] == seen)


@asynccontextmanager
async def two_nodes(url: DatabaseUrl, bus: str) -> AsyncIterator[list[Server]]:
    variables = {
        "DATABASE_URL": str(url),
        "BIGCAT_SECRET_KEY": secrets.token_urlsafe(32),
        "BIGCAT_BUS": bus,
        "BIGCAT_COMPARE_SECONDS": NEVER,
    }
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(serving(**variables)) for _ in range(2)]


@asynccontextmanager
async def watching(visitor: Visitor, **subscriptions: tuple[str, str]) -> AsyncIterator[Watcher]:
    watcher = Watcher(visitor)
    task = asyncio.create_task(watcher.watch(**subscriptions))
    try:
        await watcher.until(lambda last: task.done() or len(last) == len(subscriptions))
        yield watcher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def concert(database: DatabaseUrl) -> Concert:  # noqa: ARG001 - it is open
    return await make_concert()


async def test_over_postgres(database: DatabaseUrl, concert: Concert) -> None:
    cable = Cable.to_database(database)
    await cable.mend()
    try:
        async with two_nodes(database, str(cable.database_url(database))) as nodes:
            await see_each_other(nodes, concert, cable)
    finally:
        await cable.cut()


@pytest.mark.skipif(BINARY is None, reason="there is no nats-server here")
async def test_over_nats(database: DatabaseUrl, concert: Concert) -> None:
    nats = NatsServer()
    await nats.start()
    cable = Cable("127.0.0.1", nats.port)
    await cable.mend()
    try:
        async with two_nodes(database, f"nats://127.0.0.1:{cable.port}") as nodes:
            await see_each_other(nodes, concert, cable)
    finally:
        await cable.cut()
        await nats.stop()


async def see_each_other(nodes: list[Server], concert: Concert, cable: Cable) -> None:
    here, there = nodes
    key = write_id("Concert", concert.id)
    async with Visitor(here) as buyer, Visitor(there) as viewer:
        await buyer.come_in()
        viewer.take_over(buyer)
        async with watching(viewer, seats=(SEATS, key), counts=(COUNTS, key)) as watcher:
            booking_id = await book(buyer, key)
            await watcher.sees(8)
            async with watching(viewer, booking=(BOOKING, booking_id)) as owner:
                await cancel(buyer, booking_id)
                await owner.until(lambda last: last["booking"]["status"] == "CANCELLED")
            await watcher.sees(10)

            before = [node.said().count("bus_away") for node in nodes]
            await cable.cut()
            for visitor in (buyer, viewer):
                await until_flawed(visitor)
            await book(buyer, key)
            assert watcher.last["seats"] == {"counts": {"available": 10}}
            await cable.mend()
            await watcher.sees(8)
    # Said once each, however often they tried.
    after = [node.said().count("bus_away") for node in nodes]
    assert after == [count + 1 for count in before], here.said()


async def book(buyer: Visitor, key: str) -> str:
    wish = {"concertId": key, "selection": {"bestAvailable": {"quantity": 2}}}
    payload = await buyer.change(BOOK, **wish, idempotencyKey="{{uuid}}")
    booking_id: str = payload["booking"]["id"]
    return booking_id


async def cancel(buyer: Visitor, booking_id: str) -> None:
    await buyer.change(CANCEL, by={"id": booking_id}, idempotencyKey="{{uuid}}")


async def until_flawed(visitor: Visitor) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not (answer := await visitor.get("/readyz")).json().get("flaws"):
            assert answer.status_code == 200
            await asyncio.sleep(0.05)
