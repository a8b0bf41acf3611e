"""uvicorn's websocket with a short cut: shared frames go straight onto the transport."""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

EXTENSION = "bigcat.straight"
# What is written and not sent yet; above it a client counts as slow and is left out.
MOST_UNSENT_BYTES = 64 * 1024
TOO_SLOW = 1013
# Who takes nothing for so long would only get older news: better to come back later.
_STUCK_SECONDS = 15.0
_NOT_TEXT = 1007
# For the close frame to get out behind what is unsent; who does not read does not read that.
_FLUSH_SECONDS = 1.0
_FINAL_TEXT = b"\x81"


@lru_cache(maxsize=256)
def _head_text(size: int) -> bytes:
    """Write what stands before a text of so many bytes (RFC 6455, 5.2); it is not masked."""
    if size < 126:
        return _FINAL_TEXT + bytes((size,))
    if size < 65_536:
        return _FINAL_TEXT + b"\x7e" + size.to_bytes(2, "big")
    return _FINAL_TEXT + b"\x7f" + size.to_bytes(8, "big")


class StraightSocket(WebSocketsSansIOProtocol):
    """Offers itself to the app as the ASGI extension `bigcat.straight`.

    Frames of a server are not masked, so the same text is the same bytes for everybody but for the
    length in front. What goes by ASGI is written at once as well: the order is kept. pyproject pins
    uvicorn to a minor version, because this stands on its private names.
    """

    is_paused = False
    on_drain: Callable[[], None] | None = None
    on_shutdown: Callable[[], None] | None = None
    _stuck_timer: asyncio.TimerHandle | None = None
    _pong = b""

    def handle_connect(self, event: Request) -> None:
        """Offer the extension; the app starts in a later turn of the loop."""
        super().handle_connect(event)
        if not self.close_sent:
            self.transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)
            extensions: dict[str, Any] = {**(self.scope.get("extensions") or {}), EXTENSION: self}
            self.scope["extensions"] = extensions

    def handle_cont(self, event: Frame) -> None:
        """Keep no empty parts: the limit on a message counts bytes, and these have none."""
        if event.data or event.fin:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Refuse what is no text; uvicorn would log a traceback for it, and trip over a close."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self._refuse_text()
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Answer, but to a client that does not read only the newest one (RFC 6455, 5.5.3)."""
        if not self.is_paused:
            super().handle_ping()
            return
        if unsent := self.conn.data_to_send():
            self._pong = unsent[-1]

    def handle_close(self, event: Frame) -> None:
        """Answer, and wait for the answer to be taken no longer than for our own close."""
        super().handle_close(event)
        if self.transport.is_closing():
            self._cut_off_soon()

    def keepalive_timeout(self) -> None:
        """Close, and cut off: a client that is half gone would never take what is unsent."""
        super().keepalive_timeout()
        self._cut_off_soon()

    def write_text(self, begin: bytes, shared: bytes = b"", end: bytes = b"") -> bool:
        """Write a text frame of these parts, unless much is unsent or the socket is closing."""
        if self.is_paused or self.close_sent or self.transport.is_closing():
            return False
        header = _head_text(len(begin) + len(shared) + len(end))
        self.transport.write(b"".join((header, begin, shared, end)))
        return True

    def close(self, code: int, reason: str = "") -> None:
        """Close, without waiting for what is unsent."""
        if self.close_sent or not self.handshake_complete or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # to read the answer
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def pause_writing(self) -> None:
        """Leave the client out until it has read, but not for ever."""
        super().pause_writing()
        self.is_paused = True
        self._stuck_timer = self.loop.call_later(_STUCK_SECONDS, self._give_up)

    def resume_writing(self) -> None:
        """Go on from the whole state."""
        super().resume_writing()
        self._stop_waiting()
        if self._pong and not self.transport.is_closing():
            self.transport.write(self._pong)
        self._pong = b""
        if self.on_drain is not None:
            self.on_drain()

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep nothing that would keep the socket."""
        self._stop_waiting()
        self.on_drain = self.on_shutdown = None
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Let the app finish what is in flight; it calls `restart` then."""
        if self.on_shutdown is None:
            self.restart()
        else:
            self.on_shutdown()

    def restart(self) -> None:
        """Close by 1012: the server stops, and may be back."""
        if not self.transport.is_closing():
            super().shutdown()
            # What cannot be flushed would keep the server from stopping.
            self._cut_off_soon()

    def _refuse_text(self) -> None:
        self.frames = []
        if self.conn.close_rcvd is None:  # else it has said good-bye already
            self.conn.send_close(_NOT_TEXT)
            self.handle_parser_exception()

    def _stop_waiting(self) -> None:
        self.is_paused = False
        if self._stuck_timer is not None:
            self._stuck_timer.cancel()
            self._stuck_timer = None

    def _give_up(self) -> None:
        self.close(TOO_SLOW, "You read too slowly")
        self._cut_off_soon()

    def _cut_off_soon(self) -> None:
        self._stop_waiting()
        self._stuck_timer = self.loop.call_later(_FLUSH_SECONDS, self.transport.abort)
