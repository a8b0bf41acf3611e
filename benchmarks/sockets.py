"""Viewers of a live seat map: bare websockets that speak graphql-transport-ws and count frames."""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import orjson

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_FINAL, _MASKED = 0x80, 0x80
_OPEN_AT_ONCE = 50
_READY_SECONDS = 30.0


@dataclass(slots=True)
class Audience:
    """Everybody who watches; `await_frame` names the frame that is waited for.

    `arrivals` are when each viewer got it, `lost` how sockets ended that we did not close.
    """

    marker: bytes = b""
    arrivals: list[float] = field(default_factory=list)
    frames: int = 0
    lost: list[str] = field(default_factory=list)
    _size: int = 0
    _all_here: asyncio.Event = field(default_factory=asyncio.Event)

    def await_frame(self, marker: bytes, size: int) -> asyncio.Event:
        """Begin to count frames with these bytes; the event is set when `size` viewers have one."""
        self.marker, self.arrivals, self._size = marker, [], size
        self._all_here = asyncio.Event()
        return self._all_here

    def see(self, frame: bytes) -> None:
        """Count a frame."""
        self.frames += 1
        if not self.marker or self.marker not in frame:
            return
        self.arrivals.append(time.perf_counter())
        if len(self.arrivals) == self._size:
            self._all_here.set()


class Viewer(asyncio.Protocol):
    """One websocket, not compressed."""

    def __init__(
        self, audience: Audience, payload: Mapping[str, object], subscriptions: int = 1
    ) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._audience = audience
        self._payload = payload
        self._subscriptions = subscriptions
        self._received = b""
        self._is_open = False
        self._is_over = False

    def close(self) -> None:
        """Close the socket at once."""
        self._is_over = True
        self._transport.abort()

    def fall_asleep(self) -> None:
        """Read nothing any more."""
        self._transport.pause_reading()

    def wake_up(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            "GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Read what is whole, keep the rest."""
        self._received = self._received + data if self._received else data
        if not self._is_open and not self._shake_hands():
            return
        while (frame := _read_frame(self._received)) is not None:
            opcode, start, end = frame
            self._take(opcode, self._received[start:end])
            self._received = self._received[end:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for this viewer."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"closed before it was ready: {exc}"))
        self._end(f"cut off: {exc}")

    def _shake_hands(self) -> bool:
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return False
        if b" 101 " not in head[:20]:
            self.ready.set_exception(ConnectionError(head[:200].decode(errors="replace")))
            self.close()
            return False
        self._is_open, self._received = True, rest
        self._send(_TEXT, b'{"type":"connection_init"}')
        return True

    def _take(self, opcode: int, content: bytes) -> None:
        if opcode == _PING:
            self._send(_PONG, content)
        elif opcode == _CLOSE:
            reason = content[2:].decode(errors="replace")
            self._end(f"{int.from_bytes(content[:2], 'big')} {reason}")
        elif not self.ready.done():
            self._begin(content)
        else:
            self._audience.see(content)

    def _end(self, how: str) -> None:
        if not self._is_over:
            self._is_over = True
            self._audience.lost.append(how)

    def _begin(self, content: bytes) -> None:
        if b'"connection_ack"' not in content:
            return
        for number in range(1, self._subscriptions + 1):
            message = {"id": str(number), "type": "subscribe", "payload": self._payload}
            self._send(_TEXT, orjson.dumps(message))
        self.ready.set_result(None)

    def _send(self, opcode: int, content: bytes) -> None:
        key = os.urandom(4)
        size = len(content)
        if size < 126:
            length = bytes([_MASKED | size])
        else:
            length = bytes([_MASKED | 126]) + struct.pack(">H", size)
        masked = bytes(byte ^ key[at & 3] for at, byte in enumerate(content))
        self._transport.write(bytes([_FINAL | opcode]) + length + key + masked)


def _read_frame(data: bytes) -> tuple[int, int, int] | None:
    """Give opcode, start and end of the first frame; None while it is not whole."""
    if len(data) < 2:
        return None
    size, start = data[1] & 0x7F, 2
    if size == 126:
        start = 4
    elif size == 127:
        start = 10
    if len(data) < start:
        return None
    if start > 2:
        size = int.from_bytes(data[2:start], "big")
    return (data[0] & 0x0F, start, start + size) if len(data) >= start + size else None


async def gather_audience(
    port: int, count: int, payload: Mapping[str, object]
) -> tuple[Audience, list[Viewer]]:
    """Open so many websockets, all subscribed."""
    audience, viewers = Audience(), list[Viewer]()
    loop = asyncio.get_running_loop()
    while len(viewers) < count:
        batch = [
            loop.create_connection(lambda: Viewer(audience, payload), "127.0.0.1", port)
            for _ in range(min(_OPEN_AT_ONCE, count - len(viewers)))
        ]
        opened = [viewer for _, viewer in await asyncio.gather(*batch)]
        viewers += opened
        async with asyncio.timeout(_READY_SECONDS):
            await asyncio.gather(*(viewer.ready for viewer in opened))
    return audience, viewers
