"""Short ways to ask the toy server by HTTP and by websocket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

NEW = "application/graphql-response+json"
PROTOCOL = Subprotocol("graphql-transport-ws")


async def ask(
    client: httpx.AsyncClient,
    query: str,
    variables: dict[str, Any] | None = None,
    *,
    accept: str = NEW,
    **headers: str,
) -> httpx.Response:
    body = {"query": query, "variables": variables}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/graphql", json=body, headers={"accept": accept, **named})


def code_of(answer: dict[str, Any]) -> str:
    return cast("str", answer["errors"][0]["extensions"]["code"])


class Talk:
    """One socket, spoken to in messages."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, message: object) -> None:
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        frame = await self.socket.recv()
        assert isinstance(frame, str), "all frames are text"
        return cast("dict[str, Any]", json.loads(frame))

    async def hear_close(self) -> int:
        """Read until the server closes; give its code."""
        with pytest.raises(ConnectionClosed) as closed:
            await self._read_on()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code

    async def _read_on(self) -> None:
        while True:
            await self.socket.recv()

    async def begin(self, payload: dict[str, Any] | None = None) -> None:
        await self.say({"type": "connection_init", "payload": payload})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, query: str, key: str = "1", **payload: Any) -> None:
        await self.say({"id": key, "type": "subscribe", "payload": {"query": query, **payload}})


@asynccontextmanager
async def talk(
    address: str, *, origin: str | None = None, init: bool = True
) -> AsyncIterator[Talk]:
    url = f"ws://{address}/graphql"
    asked = Origin(origin) if origin else None
    async with connect(url, subprotocols=[PROTOCOL], origin=asked, proxy=None) as socket:
        one = Talk(socket)
        if init:
            await one.begin()
        yield one
