"""GraphQL over HTTP, to the letter of the draft specification (docs/decisions/transport.md)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qsl

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from bigcat_graphql.server.bodies import BodyRefused, ClientGone, parse_object, read_object
from bigcat_graphql.server.callers import Callers, name_client
from bigcat_graphql.server.connections import HeldConnections
from bigcat_graphql.server.encoding import encode
from bigcat_graphql.server.events import Events
from bigcat_graphql.server.execution import GraphQLRequest, Prepared
from bigcat_graphql.server.masking import Answer, show_failure, show_refusal
from bigcat_graphql.server.media import (
    JSON,
    RESPONSE,
    Stream,
    is_json,
    read_accept,
)
from bigcat_graphql.server.origins import Origins
from bigcat_graphql.server.parameters import check_parameters
from bigcat_graphql.server.refusals import (
    BAD_USER_INPUT,
    THROTTLED,
    MethodRefused,
    RequestRefused,
    refuse,
)
from bigcat_graphql.server.streams import FRAMINGS, frame_stream
from bigcat_graphql.server.subscriptions import StreamFailed

_SENT = {
    media: (
        (b"content-type", f"{media}; charset=utf-8".encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept"),
    )
    for media in (RESPONSE, JSON)
}
# A refused stream must not keep its connection either.
_HEADERS = {
    405: ((b"allow", b"GET, POST"),),
    503: ((b"retry-after", b"5"), (b"connection", b"close")),
}


Head = dict[str, str]


class GraphQLOverHttp:
    """The ASGI app of GET and POST."""

    def __init__(
        self,
        events: Events,
        *,
        callers: Callers,
        origins: Origins,
        closing: asyncio.Event,
        held: HeldConnections,
    ) -> None:
        self._engine = events.engine
        self._events = events
        self._callers = callers
        self._origins = origins
        self._closing = closing
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever happens, with JSON and without a traceback."""
        headers = _read_head(scope)
        stream, media = read_accept(headers.get("accept"))
        reply = Reply(send, media or JSON)
        if stream is None and media is None:
            await reply.say(406, f"Accept must allow {RESPONSE} or {JSON}.")
            return
        try:
            request = await self._read(scope, headers, receive)
            if stream is not None:
                await self._answer_stream(scope, headers, request, stream, receive, send)
                return
            prepared = await self._prepare(scope, headers, request, stream)
            await reply.answer(await self._engine.run(prepared))
        except BodyRefused as refusal:
            await reply.say(refusal.status, refusal.message)
        except MethodRefused as refusal:
            await reply.send(405, show_refusal(refusal), (b"allow", b"POST"))
        except RequestRefused as refusal:
            await reply.refusal(show_refusal(refusal))
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the last door: nothing leaves unmasked
            await reply.send(500, show_failure(error))

    async def _read(self, scope: Scope, headers: Head, receive: Receive) -> GraphQLRequest:
        if scope["method"] == "GET":
            return self._read_get(scope, headers)
        if scope["method"] != "POST":
            raise NotAllowed
        if not is_json(headers.get("content-type")):
            raise BodyRefused(415, f"Content-Type must be {JSON} in UTF-8.")
        body = await read_object(receive, headers.get("content-length"))
        return check_parameters(body)

    def _read_get(self, scope: Scope, headers: Head) -> GraphQLRequest:
        if not scope["query_string"]:  # most likely a person's browser
            raise BodyRefused(400, "Send a document as JSON by POST; the page / says how.")
        try:
            given: dict[str, Any] = dict(
                parse_qsl(scope["query_string"].decode(), errors="strict", max_num_fields=20)
            )
        except (UnicodeError, ValueError):
            raise BodyRefused(400, "The query string is not valid UTF-8.") from None
        if "documentId" not in given and not self._origins.may_get(headers):
            raise BodyRefused(
                400,
                "Send the header GraphQL-Require-Preflight: 1 with queries by GET, or use POST.",
            )
        for name in ("variables", "extensions"):
            if given.get(name):
                given[name] = parse_object(given[name], name)
            else:
                given.pop(name, None)
        return check_parameters(given)

    async def _answer_stream(
        self,
        scope: Scope,
        headers: Head,
        request: GraphQLRequest,
        stream: Stream,
        receive: Receive,
        send: Send,
    ) -> None:
        if self._held.are_full:
            raise TooManyStreams
        with self._held.hold():
            prepared = await self._prepare(scope, headers, request, stream)
            await self._stream(prepared, stream, receive, send)

    async def _prepare(
        self, scope: Scope, headers: Head, request: GraphQLRequest, stream: Stream | None
    ) -> Prepared:
        named = name_client(request.extensions, headers.get("apollographql-client-name"))
        caller = self._callers.identify(scope, headers, headers.get("authorization"), named)
        by_get = scope["method"] == "GET"
        prepared = await self._engine.prepare(request, caller, queries_only=by_get)
        if prepared.kind is OperationType.SUBSCRIPTION and stream is None:
            raise refuse(
                "Subscriptions go by graphql-transport-ws, or by POST with Accept: "
                "text/event-stream or multipart/mixed;subscriptionSpec=1.0 first."
            )
        return prepared

    async def _stream(
        self, prepared: Prepared, stream: Stream, receive: Receive, send: Send
    ) -> None:
        framing = FRAMINGS[stream]
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", framing.content_type),
                    (b"cache-control", b"no-store"),
                    (b"vary", b"Accept"),
                    (b"x-accel-buffering", b"no"),  # nginx would keep events until it has 4 kB
                ],
            }
        )
        # What is answered once may come to its end, as it does in a single answer.
        lasts = prepared.kind is OperationType.SUBSCRIPTION
        frames = frame_stream(
            _with_failure(self._events.stream(prepared)),
            framing,
            closing=self._closing if lasts else asyncio.Event(),
            seconds_left=prepared.caller.seconds_left if lasts else None,
        )
        sending = asyncio.ensure_future(_send_frames(send, frames))
        leaving = asyncio.ensure_future(_wait_for_leaving(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            sending.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)


class Reply:
    """Sends one JSON answer in the type that was negotiated."""

    def __init__(self, send: Send, media: str) -> None:
        self._send = send
        self._media = media

    async def answer(self, answer: Answer) -> None:
        """Send the answer of an execution: 200, for partial success too."""
        await self.send(200, answer)

    async def refusal(self, answer: Answer) -> None:
        """Send request errors: 400, but 200 to clients that know only `application/json`."""
        await self.send(400 if self._media == RESPONSE else 200, answer)

    async def say(self, status: int, message: str) -> None:
        """Send what is wrong with the HTTP request itself."""
        code = THROTTLED if status == 503 else BAD_USER_INPUT
        error = {"message": message, "extensions": {"code": code}}
        await self.send(status, {"errors": [error]}, *_HEADERS.get(status, ()))

    async def send(self, status: int, answer: Answer, *headers: tuple[bytes, bytes]) -> None:
        """Send an answer with a status."""
        body = encode(answer)
        start = [*_SENT[self._media], (b"content-length", b"%d" % len(body)), *headers]
        await self._send({"type": "http.response.start", "status": status, "headers": start})
        await self._send({"type": "http.response.body", "body": body})


class NotAllowed(BodyRefused):
    """The HTTP method means nothing here."""

    def __init__(self) -> None:
        super().__init__(405, "GraphQL takes GET and POST.")


class TooManyStreams(BodyRefused):
    """As many connections are held open as the server takes."""

    def __init__(self) -> None:
        super().__init__(503, "Too many streams and sockets are open: try again later.")


def _read_head(scope: Scope) -> Head:
    """Read all headers at once; of several of one name the first counts."""
    return {
        name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"][::-1]
    }


async def _with_failure(answers: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(answers):
            async for answer in answers:
                yield answer
    except StreamFailed as failure:
        yield encode(failure.answer)


async def _send_frames(send: Send, frames: AsyncGenerator[bytes, None]) -> None:
    async with aclosing(frames):
        async for frame in frames:
            await send({"type": "http.response.body", "body": frame, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _wait_for_leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
