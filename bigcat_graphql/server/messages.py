"""Messages of graphql-transport-ws: what a client may say, and what each answer looks like."""

from enum import IntEnum
from typing import Any

import orjson

from bigcat_graphql.server.bodies import BodyRefused
from bigcat_graphql.server.encoding import encode
from bigcat_graphql.server.execution import GraphQLRequest
from bigcat_graphql.server.masking import Answer
from bigcat_graphql.server.parameters import check_parameters

PROTOCOL = "graphql-transport-ws"
_PAYLOAD_OPTIONAL = frozenset({"connection_init", "ping", "pong"})
_TYPES = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})
# It is kept twice as long as its operation runs; clients count, or write a UUID.
_LONGEST_ID = 1_000
# What stands after the answer in a message of type next.
NEXT_END = b"}"
# RFC 6455: a control frame has 125 bytes, two of them are the code.
_REASON_BYTES = 120


class Close(IntEnum):
    """Codes that a socket is closed with; those of the protocol and of RFC 6455's registry."""

    TRY_AGAIN_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    WRONG_SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY_INITS = 4429


class SocketRefused(Exception):
    """The client broke the protocol: the socket closes with this code."""

    def __init__(self, code: Close, reason: str) -> None:
        self.code = code
        self.reason = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        super().__init__(reason)


def read_message(text: str | None) -> dict[str, Any]:
    """Parse and check a message.

    Raises:
        SocketRefused: BAD_MESSAGE, it is not text, not JSON, or not shaped by the protocol.
    """
    if text is None:
        raise _bad("Messages are text, not binary")
    try:
        message = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeError, RecursionError):
        raise _bad("A message must be JSON") from None
    if not isinstance(message, dict):
        raise _bad("A message must be an object")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise _bad("The type of the message is not known")
    if kind in _PAYLOAD_OPTIONAL and not isinstance(message.get("payload"), dict | None):
        raise _bad("The payload must be an object")
    if kind in {"subscribe", "complete"} and not _is_id(message.get("id")):
        raise _bad(f"The id must be a string of 1 to {_LONGEST_ID} characters")
    return message


def read_request(message: dict[str, Any]) -> GraphQLRequest:
    """Read what a `subscribe` message asks.

    Raises:
        SocketRefused: BAD_MESSAGE, the payload is not shaped by the protocol.
    """
    payload = message.get("payload")
    if not isinstance(payload, dict):
        raise _bad("The payload must be an object")
    try:
        return check_parameters(payload)
    except BodyRefused as refusal:
        raise _bad(refusal.message) from None


def write_ack() -> str:
    """Write the answer to a good `connection_init`."""
    return '{"type":"connection_ack"}'


def write_pong(payload: dict[str, Any] | None) -> str:
    """Write the answer to a ping, with the same payload.

    Raises:
        SocketRefused: BAD_MESSAGE, it is nested more deeply than can be written.
    """
    if payload is None:
        return '{"type":"pong"}'
    try:
        return orjson.dumps({"type": "pong", "payload": payload}).decode()
    except orjson.JSONEncodeError:  # JSON is read to 1,024 levels, and written to 254
        raise _bad("The payload is nested too deeply") from None


def write_next(key: str, payload: bytes) -> str:
    """Write an encoded answer of an operation; always text, clients refuse binary frames."""
    return (begin_next(key) + payload + NEXT_END).decode()


def begin_next(key: str) -> bytes:
    """Write all that stands before the answer."""
    return encode({"id": key, "type": "next", "payload": 0}).removesuffix(b"0}")


def write_error(key: str, answer: Answer) -> str:
    """Write the errors that end an operation."""
    return encode({"id": key, "type": "error", "payload": answer["errors"]}).decode()


def write_complete(key: str) -> str:
    """Write the end of an operation."""
    return encode({"id": key, "type": "complete"}).decode()


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= _LONGEST_ID


def _bad(reason: str) -> SocketRefused:
    return SocketRefused(Close.BAD_MESSAGE, reason)
