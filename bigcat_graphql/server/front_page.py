"""The page at `/`: what runs here and where to go."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from html import escape
from importlib import resources
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bigcat_graphql import __version__
from bigcat_graphql.server.safety import PAGE_POLICY

_FILES = resources.files("bigcat_graphql.server") / "static"
_ASSETS = {"page.css": "text/css", "cat.svg": "image/svg+xml", "explorer.js": "text/javascript"}
_COUNT_SECONDS = 5.0


class FrontPage:
    """The routes `/` and `/static/{name}`."""

    def __init__(
        self,
        count_on_sale: Callable[[], Awaitable[int | None]],
        *,
        explorer: bool,
        mailbox: bool = False,
    ) -> None:
        self._count_on_sale = count_on_sale
        self._explorer = explorer
        self._mailbox = mailbox
        self._page = Template((_FILES / "index.html").read_text("utf-8"))
        self._assets = {name: (_FILES / name).read_bytes() for name in _ASSETS}
        self._counted_at = float("-inf")
        self._count: int | None = None

    async def show(self, request: Request) -> Response:
        """Show the page; it is worth showing without the database too."""
        page = self._page.substitute(
            version=__version__,
            on_sale=_say(await self._count_now()),
            address=escape(str(request.base_url).rstrip("/")),
            explorer="" if self._explorer else "hidden",
            mailbox="" if self._mailbox else "hidden",
        )
        headers = {"content-security-policy": PAGE_POLICY, "cache-control": "no-cache"}
        return HTMLResponse(page, headers=headers)

    async def send_asset(self, request: Request) -> Response:
        """Send a file of our own pages."""
        name = request.path_params["name"]
        if name not in _ASSETS:
            return Response("There is no such file.", 404, media_type="text/plain")
        headers = {"cache-control": "public, max-age=3600"}
        return Response(self._assets[name], media_type=_ASSETS[name], headers=headers)

    async def _count_now(self) -> int | None:
        """Count at most every 5 seconds: a page that anybody can load must cost nothing."""
        now = time.monotonic()
        if now - self._counted_at >= _COUNT_SECONDS:
            self._counted_at = now
            try:
                async with asyncio.timeout(1):
                    self._count = await self._count_on_sale()
            except Exception:  # noqa: BLE001 - the page says nothing of it, /readyz does
                self._count = None
        return self._count


def _say(count: int | None) -> str:
    if count is None:
        return "Concerts, seat maps and bookings over GraphQL."
    if count == 0:
        return "Nothing is on sale at the moment."
    concerts = "1 concert is" if count == 1 else f"{count:,} concerts are"
    return f"{concerts} on sale now."
