"""Plans and draws as immutable, compressed documents that every cache may keep for ever."""

import asyncio
import gzip
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_NAME = re.compile(r"[0-9a-f]{8,128}")
_YEAR_SECONDS = 31_536_000


class ImmutableDocuments:
    """A route that ends in `{name}.json`: each is read and compressed once while it is in use."""

    def __init__(self, read: Callable[[str], Awaitable[bytes | None]], *, most_kept: int) -> None:
        self._read = read
        self._most_kept = most_kept
        self._kept: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()
        # Everybody asks at once when a sale opens: the first one reads, the others wait.
        self._reading = asyncio.Lock()

    async def send(self, request: Request) -> Response:
        """Answer with the document, or with 304 to who has it."""
        name = request.path_params["name"]
        forms = await self._forms_of(name) if _NAME.fullmatch(name) else None
        if forms is None:
            return JSONResponse({"message": "There is no such document."}, 404)
        plain, compressed = forms
        headers = _headers_of(name)
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(plain, headers=headers, media_type="application/json")
        headers["content-encoding"] = "gzip"
        return Response(compressed, headers=headers, media_type="application/json")

    async def _forms_of(self, name: str) -> tuple[bytes, bytes] | None:
        if (known := self._kept.get(name)) is not None:
            self._kept.move_to_end(name)
            return known
        async with self._reading:
            if name not in self._kept:
                plain = await self._read(name)
                if plain is None:
                    return None
                compressed = await asyncio.to_thread(gzip.compress, plain, 9, mtime=0)
                self._kept[name] = (plain, compressed)
                if len(self._kept) > self._most_kept:
                    self._kept.popitem(last=False)
            return self._kept[name]


def _headers_of(name: str) -> dict[str, str]:
    return {
        "etag": f'"{name}"',
        "cache-control": f"public, max-age={_YEAR_SECONDS}, immutable",
        "vary": "Accept-Encoding",
        "access-control-allow-origin": "*",  # neither halls nor draws are secret
    }
