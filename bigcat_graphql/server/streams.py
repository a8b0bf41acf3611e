"""Many answers to one request: server-sent events and multipart, each with a heartbeat."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from math import inf
from typing import Protocol

from bigcat_graphql.server.media import Stream

# Proxies close what is silent for a minute; Apollo's client expects a sign more often.
_HEARTBEAT_SECONDS = 10.0


class Framing(Protocol):
    """How answers are put into one body."""

    content_type: bytes
    begin: bytes
    heartbeat: bytes
    end: bytes

    def frame(self, payload: bytes) -> bytes:
        """Put one encoded answer into the body."""


class SseFraming:
    """graphql-sse, distinct connections; lines end in LF alone, because urql splits on two LFs."""

    content_type = b"text/event-stream; charset=utf-8"
    begin = b":\n\n"
    heartbeat = b":\n\n"
    end = b"event: complete\ndata:\n\n"

    def frame(self, payload: bytes) -> bytes:
        """Write an event."""
        return b"event: next\ndata: " + payload + b"\n\n"


class MultipartFraming:
    """Apollo's multipart subscriptions, `subscriptionSpec` 1.0."""

    content_type = b'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'
    begin = b"\r\n--graphql"
    heartbeat = b"\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql"
    end = b"--\r\n"

    def frame(self, payload: bytes) -> bytes:
        """Write a part; the delimiter after it tells the client that the part is whole."""
        head = b"\r\nContent-Type: application/json\r\n\r\n"
        return head + b'{"payload":' + payload + b"}\r\n--graphql"


FRAMINGS: dict[Stream, Framing] = {Stream.SSE: SseFraming(), Stream.MULTIPART: MultipartFraming()}


async def frame_stream(
    answers: AsyncGenerator[bytes, None],
    framing: Framing,
    *,
    closing: asyncio.Event,
    seconds_left: float | None = None,
) -> AsyncGenerator[bytes, None]:
    """Write answers as they come, heartbeats in between, until they, the time or the server end.

    Closes `answers` however it ends, so that nothing goes on producing for a client that left.
    """
    loop = asyncio.get_running_loop()
    over_at = inf if seconds_left is None else loop.time() + seconds_left
    yield framing.begin
    stop = asyncio.ensure_future(closing.wait())
    following = asyncio.ensure_future(anext(answers, None))
    try:
        while not closing.is_set() and (left := over_at - loop.time()) > 0:
            await asyncio.wait(
                (following, stop),
                timeout=min(_HEARTBEAT_SECONDS, left),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not following.done():
                yield framing.heartbeat
                continue
            answer = following.result()
            if answer is None:
                break
            yield framing.frame(answer)
            following = asyncio.ensure_future(anext(answers, None))
        yield framing.end
    finally:
        stop.cancel()
        following.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await following
        await answers.aclose()
