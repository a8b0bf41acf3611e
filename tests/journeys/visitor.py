"""Somebody with a browser: asks over HTTP, and remembers the session and the last booking."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from tests.journeys.serving import Server

_PROTOCOL = Subprotocol("graphql-transport-ws")
_COME_IN = """
mutation ($input: ContinueAsGuestInput!) {
  continueAsGuest(input: $input) { session { accessToken } errors { ... on UserError { code } } }
}
"""


class Visitor:
    """Fails at every answer that has errors, unless a method's name says otherwise."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._http = httpx.AsyncClient(base_url=server.address, timeout=60)
        self.booking_id: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    @property
    def headers(self) -> dict[str, str]:
        """Whatever says who this is."""
        token = self._http.headers.get("authorization")
        return {"authorization": token} if token else {}

    def take_over(self, other: Self) -> None:
        """Be the same person, with another server."""
        self._http.headers.update(other.headers)

    async def get(self, path: str) -> httpx.Response:
        return await self._http.get(path)

    async def ask(self, document: str, **variables: Any) -> Any:
        """Give the data of an operation that goes well."""
        answer = await self.send({"query": document, "variables": variables})
        assert "errors" not in answer, answer
        return answer["data"]

    async def change(self, document: str, **given: Any) -> Any:
        """Give the payload of a mutation that goes well."""
        payload = await self._change(document, given)
        assert payload["errors"] == [], payload
        return payload

    async def fail_to_change(self, document: str, **given: Any) -> Any:
        """Give the one error of a mutation that is refused."""
        [error] = (await self._change(document, given))["errors"]
        return error

    async def come_in(self, email: str = "guest@example.org") -> None:
        await self.change(_COME_IN, email=email, name="A Guest")

    async def send(self, request: Any) -> Any:
        """Send a request, and give the whole answer; fill in what the explorer's page fills in."""
        response = await self._http.post("/graphql", json=self._fill(request))
        assert response.status_code == 200, response.text
        answer = response.json()
        for value in (answer.get("data") or {}).values():
            self._learn(value)
        return answer

    @asynccontextmanager
    async def open_socket(self) -> AsyncIterator[ClientConnection]:
        """Connect by websocket as the same person."""
        async with websockets.connect(
            self._server.socket_address, subprotocols=[_PROTOCOL]
        ) as socket:
            hello = {"type": "connection_init", "payload": self.headers}
            await socket.send(json.dumps(hello))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            yield socket

    async def first_event(self, request: Any) -> Any:
        """Subscribe, and give the first result."""
        async with self.open_socket() as socket:
            payload = self._fill(request)
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            message = json.loads(await socket.recv())
        assert message["type"] == "next", message
        return message["payload"]

    async def _change(self, document: str, given: dict[str, Any]) -> Any:
        [payload] = (await self.ask(document, input=given)).values()
        return payload

    def _fill(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._fill(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._fill(one) for one in value]
        return {"{{uuid}}": str(uuid4()), "{{bookingId}}": self.booking_id}.get(str(value), value)

    def _learn(self, value: Any) -> None:
        if not isinstance(value, dict):
            return
        if value.get("session"):
            self._http.headers["authorization"] = f"Bearer {value['session']['accessToken']}"
        if value.get("booking"):
            self.booking_id = value["booking"].get("id", self.booking_id)
