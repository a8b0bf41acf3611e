"""HTTP as uvicorn speaks it, with an end to everything that a client can draw out."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

KEEP_ALIVE_SECONDS = 10
_HEAD_SECONDS = 10.0
# Looked at after each chunk that arrives, which has 256 kB at most.
MOST_HEAD_BYTES = 64 * 1024
# Who takes less than 48 kB in so long gets no more: that is slower than any modem.
_UNREAD_SECONDS = 30.0
_HEAD_REFUSED = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class PatientlyBounded(HttpToolsProtocol):
    """uvicorn's HTTP, which does not take for ever, nor without end, the head of a request.

    uvicorn has a time-out between requests only: who sends a head byte by byte, or nothing, would
    hold a connection for nothing (slowloris). It counts no bytes either: a head could fill the
    memory. One timer a connection watches the time: setting and cancelling one for each request
    would cost more than reading its head does.
    """

    _wait_until: float | None
    _stuck: asyncio.TimerHandle | None = None
    _is_in_head = False
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - uvicorn's own signature
        """Start to watch."""
        super().connection_made(transport)
        self._wait(_HEAD_SECONDS)
        self._watch = self.loop.call_later(_look_seconds(), self._look)

    def data_received(self, data: bytes) -> None:
        """Read on, unless a head has become too long."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse_head()

    def on_message_begin(self) -> None:
        """Wait for the head of a request."""
        self._wait(_HEAD_SECONDS)
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Wait no more: the head is here; the body has a time-out of its own."""
        self._wait_until = None
        self._is_in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, unless it is here already; without uvicorn's own timer."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._wait(KEEP_ALIVE_SECONDS)

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to somebody else, who must have understood what is asked."""
        self._watch.cancel()
        super().handle_websocket_upgrade()
        # What `websockets` cannot read, as a cookie of 8 kB, uvicorn would leave unanswered, and
        # the connection open: nobody watches it any more.
        taken_over: Any = self.transport.get_protocol()
        if not taken_over.handshake_initiated:
            self.send_400_response("A header of this handshake is too long, or malformed.")

    def pause_writing(self) -> None:
        """Give a reader that has much unread some time; event streams are no end of bytes."""
        super().pause_writing()
        self._stuck = self.loop.call_later(_UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: it reads."""
        super().resume_writing()
        self._stop_waiting()

    def shutdown(self) -> None:
        """Finish what is in flight, unless it is not read: that would keep the server running."""
        super().shutdown()
        self._stop_waiting()
        seconds = self.config.timeout_graceful_shutdown or _UNREAD_SECONDS
        self._stuck = self.loop.call_later(seconds, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch no more."""
        self._watch.cancel()
        self._stop_waiting()
        super().connection_lost(exc)

    def _refuse_head(self) -> None:
        cycle: Any = self.cycle  # None before the first request, whatever uvicorn calls it
        if cycle is None or cycle.response_complete:
            self.transport.write(_HEAD_REFUSED)
        self.transport.close()

    def _stop_waiting(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _wait(self, seconds: float) -> None:
        self._wait_until = self.loop.time() + seconds

    def _look(self) -> None:
        left = _look_seconds()
        if self._wait_until is not None:
            left = self._wait_until - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self._watch = self.loop.call_later(left, self._look)


def _look_seconds() -> float:
    # Whatever a connection begins to wait for after a look, it waits for that long at least.
    return min(_HEAD_SECONDS, KEEP_ALIVE_SECONDS)
