"""GraphQL over websocket by graphql-transport-ws: who may open a socket."""

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from bigcat_graphql.server.callers import Callers
from bigcat_graphql.server.connections import HeldConnections
from bigcat_graphql.server.conversation import Conversation
from bigcat_graphql.server.events import Events
from bigcat_graphql.server.messages import (
    PROTOCOL,
    Close,
)
from bigcat_graphql.server.origins import Origins


class GraphQLOverWebSocket:
    """The ASGI app of websockets."""

    def __init__(
        self,
        events: Events,
        *,
        callers: Callers,
        origins: Origins,
        held: HeldConnections,
        finish_seconds: float,
    ) -> None:
        self._events = events
        self._finish_seconds = finish_seconds
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
                conversation = Conversation(
                    self._events,
                    self._callers,
                    scope=scope,
                    send=send,
                    finish_seconds=self._finish_seconds,
                )
                await conversation.serve(receive)


async def _turn_away(send: Send, code: Close, reason: str, protocol: str | None = None) -> None:
    """Accept and close at once: a refused handshake could not tell a browser why."""
    await send({"type": "websocket.accept", "subprotocol": protocol})
    await send({"type": "websocket.close", "code": int(code), "reason": reason})
