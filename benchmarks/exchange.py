"""A small HTTP/1.1 client for load: raw sockets, kept alive, one request at a time on each."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and how long it took from the first byte sent to the last one read."""

    status: int
    body: bytes
    seconds: float


class ConnectionLost(Exception):
    """The server closed the connection before it answered."""


class Exchange(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answered: asyncio.Future[Answer] | None = None
        self._sent_at = 0.0

    async def ask(self, request: bytes) -> Answer:
        """Send a request and read its answer.

        Raises:
            ConnectionLost: there is no answer.
        """
        if self._transport.is_closing():
            raise ConnectionLost
        self._answered = asyncio.get_running_loop().create_future()
        self._sent_at = time.perf_counter()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Collect an answer until it is whole."""
        self._received += data
        head_end = self._received.find(_HEAD_END)
        if head_end < 0:
            return
        head = bytes(self._received[: head_end + 2])
        length = _LENGTH.search(head)
        if length:
            end = head_end + len(_HEAD_END) + int(length[1])
            if len(self._received) >= end:
                self._finish(head, bytes(self._received[head_end + len(_HEAD_END) : end]))
        elif self._received.endswith(_LAST_CHUNK):
            chunks = bytes(self._received[head_end + len(_HEAD_END) :])
            self._finish(head, b"".join(_read_chunks(chunks)))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionLost(str(exc)))

    def _finish(self, head: bytes, body: bytes) -> None:
        seconds = time.perf_counter() - self._sent_at
        self._received.clear()
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(Answer(int(head[9:12]), body, seconds))


def _read_chunks(chunks: bytes) -> list[bytes]:
    read, at = list[bytes](), 0
    while True:
        line_end = chunks.index(b"\r\n", at)
        size = int(chunks[at:line_end], 16)
        if not size:
            return read
        read.append(chunks[line_end + 2 : line_end + 2 + size])
        at = line_end + 2 + size + 2


async def connect(port: int) -> Exchange:
    """Open a connection to a server of this machine."""
    loop = asyncio.get_running_loop()
    _, exchange = await loop.create_connection(Exchange, "127.0.0.1", port)
    return exchange


async def connect_many(port: int, count: int) -> list[Exchange]:
    """Open many, 50 at a time: more at once would overflow a server's backlog."""
    opened: list[Exchange] = []
    while len(opened) < count:
        batch = min(50, count - len(opened))
        opened += await asyncio.gather(*(connect(port) for _ in range(batch)))
    return opened


def write_post(path: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Write a POST of JSON."""
    extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def write_get(path: str) -> bytes:
    """Write a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
