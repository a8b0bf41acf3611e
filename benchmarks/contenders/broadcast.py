"""The bare broadcast: one constant text to every websocket, and nothing else.

No database, no GraphQL, no seats: what uvicorn and a loop cost that send the bytes of one of
bigcat's frames. A wish for seats is granted at once, and makes a frame with the seats' numbers.

With BROADCAST_WRITES=1 not even uvicorn: the finished frame is written to one file descriptor after
another, which is what the kernel takes, whatever the server.
"""

import os
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

import orjson

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_FRAME = (
    '{"id":"1","type":"next","payload":{"data":{"seatAvailability":{"epoch":"feedfacecafebeef",'
    '"fromVersion":4811,"toVersion":4812,"indexes":[%s],"statuses":"R"}}}}'
)
_ACK = {"type": "websocket.send", "text": '{"type":"connection_ack"}'}
_GRANTED = orjson.dumps({"data": {"book": {"ok": True}}})
_ONLY_WRITES = os.environ.get("BROADCAST_WRITES") == "1"
_watching: dict[int, Send] = {}


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Be the whole server."""
    if scope["type"] == "websocket":
        await _watch(receive, send)
    elif scope["type"] == "http":
        await _grant(scope["path"], receive, send)
    else:
        await _live(receive, send)


async def _watch(receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    while (message := await receive())["type"] != "websocket.disconnect":
        if orjson.loads(message.get("text") or b"{}").get("type") == "connection_init":
            await send(_ACK)
        elif message["type"] == "websocket.receive":
            _watching[id(send)] = send
    _watching.pop(id(send), None)


async def _grant(path: str, receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    if path == "/book":
        await _broadcast(orjson.loads(body)["indexes"])
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_GRANTED))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _GRANTED})


async def _broadcast(indexes: list[int]) -> None:
    text = _FRAME % ",".join(map(str, indexes))
    if _ONLY_WRITES:
        _write(text.encode())
        return
    message = {"type": "websocket.send", "text": text}
    for send in list(_watching.values()):
        await send(message)


def _write(text: bytes) -> None:
    frame = b"\x81\x7e" + struct.pack(">H", len(text)) + text
    # uvicorn's `send` is a method of the connection.
    sockets = [
        cast("Any", send).__self__.transport.get_extra_info("socket") for send in _watching.values()
    ]
    for descriptor in [socket.fileno() for socket in sockets]:
        os.write(descriptor, frame)


async def _live(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})
