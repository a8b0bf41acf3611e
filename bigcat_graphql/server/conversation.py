"""One websocket: its caller, its timers and its running operations, each on its own feet."""

import asyncio
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

from graphql import OperationType
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from bigcat_graphql.schema.sharing import Shared
from bigcat_graphql.server.callers import Caller, Callers, name_client
from bigcat_graphql.server.encoding import encode
from bigcat_graphql.server.events import Events
from bigcat_graphql.server.execution import GraphQLRequest, Prepared
from bigcat_graphql.server.masking import Answer, show_failure, show_refusal
from bigcat_graphql.server.messages import (
    PROTOCOL,
    Close,
    SocketRefused,
    read_message,
    read_request,
    write_ack,
    write_complete,
    write_error,
    write_next,
    write_pong,
)
from bigcat_graphql.server.refusals import THROTTLED, RequestRefused, refuse
from bigcat_graphql.server.shared_operation import SharedOperation
from bigcat_graphql.server.straight_socket import EXTENSION, StraightSocket
from bigcat_graphql.server.subscriptions import StreamFailed

MAX_OPERATIONS = 100
_INIT_SECONDS = 10.0
_LONGEST_TIMER_SECONDS = 7 * 24 * 3600.0


class Conversation:
    """What is said on one accepted socket: who calls, and what is running for them by id."""

    __slots__ = (
        "_answering",
        "_caller",
        "_closed",
        "_closing",
        "_engine",
        "_events",
        "_finish_seconds",
        "_identify",
        "_is_finishing",
        "_operations",
        "_send_raw",
        "_straight",
        "_timers",
    )

    def __init__(
        self,
        events: Events,
        callers: Callers,
        *,
        scope: Scope,
        send: Send,
        finish_seconds: float,
    ) -> None:
        self._engine = events.engine
        self._events = events
        self._identify = partial(callers.identify, scope, Headers(scope=scope))
        self._send_raw = send
        self._straight: StraightSocket | None = scope.get("extensions", {}).get(EXTENSION)
        self._finish_seconds = finish_seconds
        self._closed = self._is_finishing = False
        self._caller: Caller | None = None
        self._operations: dict[str, asyncio.Task[None] | SharedOperation] = {}
        # Those that are answered once: they are finished even if the server stops.
        self._answering: set[str] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._closing: asyncio.Task[None] | None = None

    async def serve(self, receive: Receive) -> None:
        """Read messages until either side closes; then nothing of the socket goes on."""
        await self._send_raw({"type": "websocket.accept", "subprotocol": PROTOCOL})
        if self._straight is not None:
            self._straight.on_drain = self._catch_up
            self._straight.on_shutdown = self._finish
        self._close_later(_INIT_SECONDS, Close.INIT_TIMEOUT, "Connection initialisation timeout")
        try:
            while (message := await receive())["type"] == "websocket.receive":
                await self._handle(message.get("text"))
        except SocketRefused as refusal:
            await self._close(refusal.code, refusal.reason)
        finally:
            self._closed = True
            await self._stop_everything()

    async def _handle(self, text: str | None) -> None:
        message = read_message(text)
        match message["type"]:
            case "ping":
                await self._send(write_pong(message.get("payload")))
            case "connection_init":
                await self._initialise(message.get("payload") or {})
            case "subscribe":
                await self._subscribe(message["id"], read_request(message))
            case "complete":
                self._complete(message["id"])

    async def _initialise(self, payload: dict[str, object]) -> None:
        if self._caller is not None:
            raise SocketRefused(Close.TOO_MANY_INITS, "Too many initialisation requests")
        authorization = payload.get("authorization", payload.get("Authorization"))
        try:
            self._caller = self._identify(authorization)
        except RequestRefused as refusal:
            # graphql-ws asks its user for new connection parameters after this code.
            raise SocketRefused(Close.FORBIDDEN, refusal.errors[0].message) from None
        self._stop_timers()
        if (seconds := self._caller.seconds_left) is not None:
            self._close_later(seconds, Close.FORBIDDEN, "The access token is over")
        await self._send(write_ack())

    async def _subscribe(self, key: str, request: GraphQLRequest) -> None:
        if self._caller is None:
            raise SocketRefused(Close.UNAUTHORIZED, "Unauthorized")
        if key in self._operations:
            raise SocketRefused(Close.DUPLICATE_ID, f"Subscriber for {key} already exists")
        if self._is_finishing:
            return  # the socket closes in a moment, and clients ask again then
        if len(self._operations) >= MAX_OPERATIONS:
            full = refuse(f"A socket runs at most {MAX_OPERATIONS} operations.", THROTTLED)
            await self._send(write_error(key, show_refusal(full)))
            return
        caller = self._caller.again(name_client(request.extensions, None))
        self._answering.add(key)
        self._operations[key] = asyncio.create_task(self._run(key, request, caller))

    def _complete(self, key: str) -> None:
        if (operation := self._operations.pop(key, None)) is not None:
            operation.cancel()
            self._answered(key)

    async def _run(self, key: str, request: GraphQLRequest, caller: Caller) -> None:
        """Answer one operation; its errors are its own and never end the socket."""
        try:
            last = await self._answer(key, request, caller)
        except RequestRefused as refusal:
            last = write_error(key, show_refusal(refusal))
        except StreamFailed as failure:
            last = write_error(key, failure.answer)
        except Exception as error:  # noqa: BLE001 - an exception here would close the socket by 1011
            last = write_error(key, show_failure(error))
        if last is not None:
            # The id is free before the client hears so, or using it at once would be refused.
            if self._operations.get(key) is asyncio.current_task():
                del self._operations[key]
            await self._send(last)
        self._answered(key)

    async def _answer(self, key: str, request: GraphQLRequest, caller: Caller) -> str | None:
        prepared = await self._engine.prepare(request, caller)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            await self._send(write_next(key, encode(await self._engine.run(prepared))))
            return write_complete(key)
        self._answered(key)
        source = await self._events.open(prepared)
        if isinstance(source, Shared) and self._straight is not None:
            await self._share(key, prepared, source, self._straight)
            return None
        async with aclosing(self._events.read(prepared, source)) as payloads:
            async for payload in payloads:
                await self._send(write_next(key, payload))
        return write_complete(key)

    async def _share(
        self, key: str, prepared: Prepared, source: Shared[Any], straight: StraightSocket
    ) -> None:
        """Become a member of groups; from then on the operation is no task any more."""
        operation = SharedOperation(key, straight, self._end_shared)
        operation.attend(await self._events.join(prepared, source, operation))
        if operation.is_over:
            del self._operations[key]
            operation.cancel()
        else:
            self._operations[key] = operation

    def _end_shared(self, operation: SharedOperation, failure: Answer | None) -> None:
        key = operation.key
        if self._operations.get(key) is operation:
            del self._operations[key]
        operation.cancel()
        last = write_error(key, failure) if failure else write_complete(key)
        operation.straight.write_text(last.encode())

    def _catch_up(self) -> None:
        for operation in self._operations.values():
            if isinstance(operation, SharedOperation):
                operation.catch_up()

    def _finish(self) -> None:
        """Close by 1012 once all that is answered once is answered."""
        self._is_finishing = True
        self._timers.append(
            asyncio.get_running_loop().call_later(self._finish_seconds, self._restart)
        )
        self._restart_if_done()

    def _answered(self, key: str) -> None:
        self._answering.discard(key)
        self._restart_if_done()

    def _restart_if_done(self) -> None:
        if self._is_finishing and not self._answering:
            self._restart()

    def _restart(self) -> None:
        if self._straight is not None:
            self._straight.restart()

    async def _send(self, text: str) -> None:
        if self._closed or (self._straight is not None and self._straight.close_sent):
            return
        try:
            await self._send_raw({"type": "websocket.send", "text": text})
        except OSError:  # the client is gone; reading says so too, and ends everything
            self._closed = True

    async def _close(self, code: Close, reason: str) -> None:
        if self._closed:
            return
        self._closed = True
        if self._straight is not None:
            self._straight.close(int(code), reason)
            return
        with suppress(OSError):
            await self._send_raw({"type": "websocket.close", "code": int(code), "reason": reason})

    def _close_later(self, seconds: float, code: Close, reason: str) -> None:
        """Set a timer: a task for each socket would cost kilobytes."""

        def close() -> None:
            self._closing = asyncio.ensure_future(self._close(code, reason))

        delay = min(max(0.0, seconds), _LONGEST_TIMER_SECONDS)
        self._timers.append(asyncio.get_running_loop().call_later(delay, close))

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    async def _stop_everything(self) -> None:
        self._stop_timers()
        operations, self._operations = self._operations, {}
        for operation in operations.values():
            operation.cancel()
        tasks = [one for one in operations.values() if isinstance(one, asyncio.Task)]
        if self._closing is not None:
            tasks.append(self._closing)
        await asyncio.gather(*tasks, return_exceptions=True)
