"""Request bodies: bounded in size and time, and an object in JSON or refused."""

from typing import Any

import orjson
from starlette.types import Receive

from bigcat_graphql.server.time_limits import limits

MAX_BODY_BYTES = 256 * 1024
_BODY_SECONDS = 15.0


class BodyRefused(Exception):
    """The body cannot be taken; the status says how it is wrong."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


async def read_object(receive: Receive, declared_length: str | None) -> dict[str, Any]:
    """Read a body and parse it.

    Raises:
        BodyRefused: 413 larger than 256 kB, 408 slower than 15 s, 400 not an object in JSON.
        ClientGone: the client left.
    """
    return parse_object(await read_body(receive, declared_length), "The body")


async def read_body(receive: Receive, declared_length: str | None) -> bytes:
    """Read a body as it is.

    Raises:
        BodyRefused: 413 larger than 256 kB, 408 slower than 15 s.
        ClientGone: the client left.
    """
    if declared_length and declared_length.isdigit() and int(declared_length) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        # A body that trickles in byte by byte must not hold a request for ever.
        with limits.within(_BODY_SECONDS):
            return await _read(receive)
    except TimeoutError:
        raise BodyRefused(408, "The body took too long to arrive.") from None


def parse_object(text: str | bytes, what: str) -> dict[str, Any]:
    """Parse JSON that must be an object.

    Raises:
        BodyRefused: 400 not JSON in UTF-8, nested too deeply, or not an object.
    """
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeError, RecursionError):
        raise BodyRefused(400, f"{what} is not valid JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise BodyRefused(400, f"{what} must be a JSON object.")
    return value


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        length += len(part)
        if length > MAX_BODY_BYTES:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large() -> BodyRefused:
    return BodyRefused(413, f"The body is larger than {MAX_BODY_BYTES} bytes.")
