"""Files of tickets behind signed links, and the public keys that check their codes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bigcat_graphql.errors import Busy
from bigcat_graphql.server.missing import say_missing

# Browsers show a PDF by a plugin of their own, in a page with styles of its own.
_PDF_POLICY = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
_KEYS_SECONDS = 300


class SentFile(Protocol):
    """A file as it is sent."""

    @property
    def name(self) -> str:
        """What to save it as: plain ASCII."""

    @property
    def media_type(self) -> str:
        """Its kind."""

    @property
    def content(self) -> bytes:
        """Its bytes."""


OpenFile = Callable[[str, str], Awaitable[SentFile | None]]
ReadKeys = Callable[[], Awaitable[Mapping[str, object]]]


class TicketFiles:
    """The routes `/t/{token}/{file}` and `/ticket-keys.json`."""

    def __init__(self, open_file: OpenFile, read_keys: ReadKeys) -> None:
        self._open_file = open_file
        self._read_keys = read_keys

    def routes(self) -> list[Route]:
        """Give them to the app."""
        return [
            Route("/t/{token}/{file}", self.send),
            Route("/ticket-keys.json", self.send_keys),
        ]

    async def send(self, request: Request) -> Response:
        """Send a file to whoever has a link; what is wrong with a bad one is told to nobody."""
        try:
            file = await self._open_file(request.path_params["token"], request.path_params["file"])
        except Busy as busy:
            text, wait = busy.message, str(busy.retry_after_seconds)
            return PlainTextResponse(text, 503, {"retry-after": wait, "cache-control": "no-store"})
        if file is None:
            said = "There is no such file, or the link to it is over: get a new one."
            return say_missing(request, said)
        return Response(file.content, media_type=file.media_type, headers=_headers_of(file))

    async def send_keys(self, _: Request) -> Response:
        """Send the public keys as a JWK Set, for doors that check codes by themselves."""
        headers = {
            "cache-control": f"public, max-age={_KEYS_SECONDS}",
            "access-control-allow-origin": "*",  # what checks codes cannot make any
        }
        return JSONResponse(dict(await self._read_keys()), headers=headers)


def _headers_of(file: SentFile) -> dict[str, str]:
    headers = {
        # Only in the holder's own browser, and asked again: a ticket may be cancelled meanwhile.
        "cache-control": "private, no-cache",
        "content-disposition": f'inline; filename="{file.name}"',
        "x-robots-tag": "noindex",
    }
    if file.media_type == "application/pdf":
        headers["content-security-policy"] = _PDF_POLICY
    return headers
