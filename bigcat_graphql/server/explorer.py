"""GraphiQL at `/graphiql`: our own page under a strict policy, from files of this server alone."""

import time
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from importlib import resources
from string import Template

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bigcat_graphql.server.explorer_assets import ASSETS, FILES, are_present
from bigcat_graphql.server.explorer_tabs import fill_tabs
from bigcat_graphql.server.safety import PAGE_POLICY

_PAGES = resources.files("bigcat_graphql.server") / "static"
_MEDIA = {".js": "text/javascript", ".css": "text/css"}
# Finding examples reads some seat maps: a page that anybody can load must cost nothing.
_EXAMPLE_SECONDS = 5.0
_GET_THEM = "python -m bigcat_graphql.server.explorer_assets"


class Explorer:
    """The routes under `/graphiql`."""

    def __init__(self, find_examples: Callable[[], Awaitable[Mapping[str, object]]]) -> None:
        self._find_examples = find_examples
        self._examples: Mapping[str, object] = {}
        self._found_at = float("-inf")
        self._page = (_PAGES / "explorer.html").read_text("utf-8")
        self._missing = (_PAGES / "explorer-missing.html").read_text("utf-8")

    def routes(self) -> list[BaseRoute]:
        """List them."""
        return [
            Route("/graphiql", self.show),
            Route("/graphiql/tabs.json", self.send_tabs),
            Route("/graphiql/assets/{name}", self.send_asset),
        ]

    async def show(self, _: Request) -> Response:
        """Show the explorer, or how to get it; the answer is the same for everybody."""
        headers = {"content-security-policy": PAGE_POLICY, "cache-control": "no-cache"}
        if are_present():
            return HTMLResponse(self._page, headers=headers)
        page = Template(self._missing).substitute(command=escape(_GET_THEM))
        return HTMLResponse(page, headers=headers)

    async def send_tabs(self, _: Request) -> Response:
        """Send the tabs, their variables filled from what is on sale now."""
        now = time.monotonic()
        if now - self._found_at >= _EXAMPLE_SECONDS:
            self._found_at = now
            try:
                self._examples = await self._find_examples()
            except Exception:  # noqa: BLE001 - tabs without examples are still worth having
                self._examples = {}
        return JSONResponse(fill_tabs(self._examples), headers={"cache-control": "no-store"})

    async def send_asset(self, request: Request) -> Response:
        """Send a file of GraphiQL, compressed where the browser takes that."""
        name = request.path_params["name"]
        if name not in FILES or not are_present():
            return Response("There is no such file.", 404, media_type="text/plain")
        headers = {"cache-control": "public, max-age=86400", "vary": "Accept-Encoding"}
        path = ASSETS / name
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            path = ASSETS / f"{name}.gz"
        media = _MEDIA[name[name.rindex(".") :]]
        return FileResponse(path, media_type=media, headers=headers)
