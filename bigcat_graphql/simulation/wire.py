"""HTTP/1.1 to one server of this machine: connections that are kept, one request at a time each."""

import asyncio
import re
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


class NoAnswer(Exception):
    """Nobody knows what became of the request: the connection broke, or was never made."""


class Wire:
    """The way to one server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: list[_Connection] = []

    async def post(
        self, body: bytes, *, token: str | None, address: str, within_seconds: float
    ) -> tuple[int, bytes]:
        """Send GraphQL as somebody at a network address; returns status and body.

        Raises:
            NoAnswer: the connection broke before the answer was whole.
            TimeoutError: no answer came in time; the connection is closed.
        """
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\nX-Forwarded-For: {address}\r\n{bearer}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        async with asyncio.timeout(within_seconds):
            connection = await self._take()
            try:
                answer = await connection.ask(head.encode() + body)
            except BaseException:  # a time-out and a cancellation hang up too
                connection.close()
                raise
        self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Hang up everywhere."""
        while self._idle:
            self._idle.pop().close()

    async def _take(self) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(_Connection, "127.0.0.1", self.port)
        except OSError as error:
            raise NoAnswer(type(error).__name__) from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection, with at most one request on it."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(_HEAD_END)
        length = _LENGTH.search(self._received, 0, head_end + 2) if head_end > 0 else None
        if length is None:
            return
        start = head_end + len(_HEAD_END)
        end = start + int(length[1])
        if len(self._received) < end:
            return
        status, body = int(self._received[9:12]), bytes(self._received[start:end])
        self._received.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoAnswer(type(exc).__name__ if exc else "closed"))
