"""A live seat map that survives lost connections: snapshot, deltas, and the gap rule.

A delta is applied only to the version that it continues. What cannot be applied is never guessed:
the subscription is begun again with `since`, and the server sends what was missed.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

WATCH = """
subscription Watch($concertId: ID!, $since: SeatVersionInput) {
  seatAvailability(concertId: $concertId, since: $since) {
    __typename
    ... on SeatAvailabilitySnapshot { epoch version planVersion statuses }
    ... on SeatAvailabilityDelta { epoch fromVersion toVersion planVersion indexes statuses }
  }
}
"""
# So that a thousand clients of a restarted server do not all come back at the same moment.
_PAUSE_SECONDS = 1.0


@dataclass(slots=True)
class SeatMap:
    """What a client knows of a hall; `kinds` says what it was told, for those who are curious."""

    letters: list[str] = field(default_factory=list)
    epoch: str | None = None
    version: int = 0
    kinds: list[str] = field(default_factory=list)

    def take(self, event: dict[str, Any]) -> bool:
        """Apply an event by the gap rule; False means a gap: ask again with `since`."""
        if event["__typename"] == "SeatAvailabilitySnapshot":
            self.letters = list(event["statuses"])
            self.epoch, self.version = event["epoch"], event["version"]
        elif event["epoch"] == self.epoch and event["fromVersion"] == self.version:
            for index, letter in zip(event["indexes"], event["statuses"], strict=True):
                self.letters[index] = letter
            self.version = event["toVersion"]
        elif event["epoch"] != self.epoch or event["toVersion"] > self.version:
            return False
        self.kinds.append(event["__typename"])
        return True

    @property
    def since(self) -> dict[str, object] | None:
        """Say what we have, as the server wants to hear it."""
        return None if self.epoch is None else {"epoch": self.epoch, "version": self.version}


class SeatWatch:
    """Keeps a `SeatMap` equal to the server's, over as many connections as that takes."""

    def __init__(self, url: str, concert_id: str) -> None:
        self.seats = SeatMap()
        self._url = url.replace("http", "ws", 1) + "/graphql"
        self._concert_id = concert_id
        self._socket: ClientConnection | None = None

    async def changes(self) -> AsyncIterator[SeatMap]:
        """Yield the map after each event, for ever; close the iterator to stop."""
        while True:
            try:
                async with websockets.connect(
                    self._url, subprotocols=[Subprotocol("graphql-transport-ws")]
                ) as socket:
                    self._socket = socket
                    async for event in self._events(socket):
                        if not self.seats.take(event):
                            break  # a gap: the next connection says what we have
                        yield self.seats
            except (OSError, websockets.WebSocketException):
                pass
            await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS))

    def cut(self) -> None:
        """Lose the connection as a tunnel does: without a word."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _events(self, socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
        await socket.send('{"type": "connection_init"}')
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "connection_ack":
                await socket.send(self._subscribe())
            elif message["type"] == "ping":
                await socket.send('{"type": "pong"}')
            elif message["type"] == "next" and message["payload"].get("data"):
                yield cast("dict[str, Any]", message["payload"]["data"]["seatAvailability"])
            elif message["type"] in {"next", "error"}:
                raise RuntimeError(f"the server refuses: {message['payload']}")
            elif message["type"] == "complete":
                return

    def _subscribe(self) -> str:
        variables = {"concertId": self._concert_id, "since": self.seats.since}
        payload = {"query": WATCH, "variables": variables}
        return json.dumps({"id": "1", "type": "subscribe", "payload": payload})
