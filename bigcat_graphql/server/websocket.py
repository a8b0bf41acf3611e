"""GraphQL over websocket by graphql-transport-ws: many operations, each on its own feet."""

import asyncio
from contextlib import aclosing, suppress

from graphql import OperationType
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from bigcat_graphql.server.callers import Caller, Callers, name_client
from bigcat_graphql.server.connections import HeldConnections
from bigcat_graphql.server.execution import Engine, GraphQLRequest
from bigcat_graphql.server.masking import show_failure, show_refusal
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
from bigcat_graphql.server.origins import Origins
from bigcat_graphql.server.refusals import THROTTLED, RequestRefused, refuse
from bigcat_graphql.server.subscriptions import StreamFailed

MAX_OPERATIONS = 100
_INIT_SECONDS = 10.0
_LONGEST_TIMER_SECONDS = 7 * 24 * 3600.0


class GraphQLOverWebSocket:
    """The ASGI app of websockets."""

    def __init__(
        self, engine: Engine, *, callers: Callers, origins: Origins, held: HeldConnections
    ) -> None:
        self._engine = engine
        self._callers = callers
        self._origins = origins
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from handshake to close."""
        await receive()
        if not self._origins.may_connect(Headers(scope=scope)):
            await send({"type": "websocket.close"})  # before it is accepted: HTTP 403
        elif PROTOCOL not in scope["subprotocols"]:
            await _turn_away(send, Close.WRONG_SUBPROTOCOL, f"Speak {PROTOCOL}")
        elif self._held.are_full:
            await _turn_away(send, Close.TRY_AGAIN_LATER, "Too many sockets", PROTOCOL)
        else:
            with self._held.hold():
                await Socket(self._engine, self._callers, scope, send).serve(receive)


class Socket:
    """One accepted socket: its caller, its timers and its running operations by id."""

    def __init__(self, engine: Engine, callers: Callers, scope: Scope, send: Send) -> None:
        self._engine = engine
        self._callers = callers
        self._scope = scope
        self._send_raw = send
        self._closed = False
        self._caller: Caller | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._timers: set[asyncio.Task[None]] = set()

    async def serve(self, receive: Receive) -> None:
        """Read messages until either side closes; then nothing of the socket goes on."""
        await self._send_raw({"type": "websocket.accept", "subprotocol": PROTOCOL})
        self._init_timer = self._close_later(
            _INIT_SECONDS, Close.INIT_TIMEOUT, "Connection initialisation timeout"
        )
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
        headers = Headers(scope=self._scope)
        try:
            caller = self._callers.identify(self._scope, headers, authorization)
        except RequestRefused as refusal:
            # graphql-ws asks its user for new connection parameters after this code.
            raise SocketRefused(Close.FORBIDDEN, refusal.errors[0].message) from None
        self._caller = caller
        self._init_timer.cancel()
        if (seconds := caller.seconds_left) is not None:
            self._close_later(seconds, Close.FORBIDDEN, "The access token is over")
        await self._send(write_ack())

    async def _subscribe(self, key: str, request: GraphQLRequest) -> None:
        if self._caller is None:
            raise SocketRefused(Close.UNAUTHORIZED, "Unauthorized")
        if key in self._operations:
            raise SocketRefused(Close.DUPLICATE_ID, f"Subscriber for {key} already exists")
        if len(self._operations) >= MAX_OPERATIONS:
            full = refuse(f"A socket runs at most {MAX_OPERATIONS} operations.", THROTTLED)
            await self._send(write_error(key, show_refusal(full)))
            return
        caller = self._caller.again(name_client(request.extensions, None))
        self._operations[key] = asyncio.create_task(self._run(key, request, caller))

    def _complete(self, key: str) -> None:
        if (task := self._operations.pop(key, None)) is not None:
            task.cancel()

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
        # The id is free before the client hears so, or using it again at once would be refused.
        if self._operations.get(key) is asyncio.current_task():
            del self._operations[key]
        await self._send(last)

    async def _answer(self, key: str, request: GraphQLRequest, caller: Caller) -> str:
        prepared = await self._engine.prepare(request, caller)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            await self._send(write_next(key, await self._engine.run(prepared)))
            return write_complete(key)
        async with aclosing(self._engine.stream(prepared)) as answers:
            async for answer in answers:
                await self._send(write_next(key, answer))
        return write_complete(key)

    async def _send(self, text: str) -> None:
        if self._closed:
            return
        try:
            await self._send_raw({"type": "websocket.send", "text": text})
        except OSError:  # the client is gone; reading says so too, and ends everything
            self._closed = True

    async def _close(self, code: Close, reason: str) -> None:
        if self._closed:
            return
        self._closed = True
        with suppress(OSError):
            await self._send_raw({"type": "websocket.close", "code": int(code), "reason": reason})

    def _close_later(self, seconds: float, code: Close, reason: str) -> asyncio.Task[None]:
        async def wait_and_close() -> None:
            await asyncio.sleep(min(max(0.0, seconds), _LONGEST_TIMER_SECONDS))
            await self._close(code, reason)

        timer = asyncio.create_task(wait_and_close())
        self._timers.add(timer)
        timer.add_done_callback(self._timers.discard)
        return timer

    async def _stop_everything(self) -> None:
        running = [*self._operations.values(), *self._timers]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _turn_away(send: Send, code: Close, reason: str, protocol: str | None = None) -> None:
    """Accept and close at once: a refused handshake could not tell a browser why."""
    await send({"type": "websocket.accept", "subprotocol": protocol})
    await send({"type": "websocket.close", "code": int(code), "reason": reason})
