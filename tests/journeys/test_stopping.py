"""SIGTERM while people look and buy, on a PostgreSQL that bigcat brought along."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets

from bigcat_graphql.database.embedded import locks
from tests.journeys.serving import serving
from tests.journeys.visitor import Visitor

_PATIENCE_SECONDS = 60
_RESTARTING = 1012
CONCERT = '{ concert(by: {slug: "la-laguna-opening-night"}) { id } }'
WATCH = "subscription ($id: ID!) { seatAvailability(concertId: $id) { __typename } }"
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


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not tmp_path: root's PostgreSQL runs as somebody else, who cannot pass pytest's directory.
    directory = Path(tempfile.mkdtemp(prefix="bigcat-stop-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


async def test_it_stops_in_good_order_and_leaves_nothing_running(data_dir: Path) -> None:
    # Somebody here books without a pause, which people are not allowed to.
    hurry = {"BIGCAT_BOOKINGS_PER_MINUTE": "1000000000"}
    async with serving("--demo", BIGCAT_DATA_DIR=str(data_dir), **hurry) as server:
        async with Visitor(server) as buyer, Visitor(server) as viewer:
            await buyer.come_in()
            concert_id = (await viewer.ask(CONCERT))["concert"]["id"]
            async with viewer.open_socket() as watching, viewer.open_socket() as idle:
                subscription = {"query": WATCH, "variables": {"id": concert_id}}
                await watching.send(
                    json.dumps({"id": "1", "type": "subscribe", "payload": subscription})
                )
                assert json.loads(await watching.recv())["type"] == "next"
                buying = asyncio.create_task(buy_and_cancel(buyer, concert_id))
                await asyncio.sleep(0.3)

                assert await server.stop() == 0
                assert await asyncio.wait_for(buying, _PATIENCE_SECONDS) > 0
                for socket in (watching, idle):
                    assert await close_code(socket) == _RESTARTING
        assert "Traceback" not in server.said()
    await until_free(data_dir / "keeper.lock")
    assert not has_postmaster(data_dir)


def has_postmaster(data_dir: Path) -> bool:
    return any(data_dir.glob("*/postmaster.pid"))


async def buy_and_cancel(buyer: Visitor, concert_id: str) -> int:
    """Book and cancel until nobody answers any more; every answer that came was a good one."""
    answers = 0
    selection = {"bestAvailable": {"quantity": 1}}
    try:
        while True:
            wish = {"concertId": concert_id, "selection": selection, "idempotencyKey": "{{uuid}}"}
            booking = (await buyer.change(BOOK, **wish))["booking"]
            answers += 1
            await buyer.change(CANCEL, by={"id": booking["id"]}, idempotencyKey="{{uuid}}")
            answers += 1
    except httpx.TransportError:
        return answers


async def close_code(socket: websockets.ClientConnection) -> int | None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed:
            return socket.close_code


async def until_free(lock: Path) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while locks.is_held(lock):
            await asyncio.sleep(0.05)
