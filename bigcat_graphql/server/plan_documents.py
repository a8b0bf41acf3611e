"""Seating plans as immutable, compressed documents that every cache may keep for ever."""

import asyncio
import gzip
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

# A plan of 20,000 seats is about 400 kB, 60 kB compressed.
_KEPT = 64
_HASH = re.compile(r"[0-9a-f]{8,128}")
_YEAR_SECONDS = 31_536_000


class PlanDocuments:
    """The route `/plans/{hash}.json`: each plan is read and compressed once while it is in use."""

    def __init__(self, read_plan: Callable[[str], Awaitable[bytes | None]]) -> None:
        self._read_plan = read_plan
        self._kept: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()
        # Everybody asks for the plan of a sale that opens: the first one reads, the others wait.
        self._reading = asyncio.Lock()

    async def send(self, request: Request) -> Response:
        """Answer with the document, or with 304 to who has it."""
        plan_hash = request.path_params["plan_hash"]
        forms = await self._forms_of(plan_hash) if _HASH.fullmatch(plan_hash) else None
        if forms is None:
            return JSONResponse({"message": "There is no such plan."}, 404)
        plain, compressed = forms
        headers = _headers_of(plan_hash)
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(plain, headers=headers, media_type="application/json")
        headers["content-encoding"] = "gzip"
        return Response(compressed, headers=headers, media_type="application/json")

    async def _forms_of(self, plan_hash: str) -> tuple[bytes, bytes] | None:
        if (known := self._kept.get(plan_hash)) is not None:
            self._kept.move_to_end(plan_hash)
            return known
        async with self._reading:
            if plan_hash not in self._kept:
                plain = await self._read_plan(plan_hash)
                if plain is None:
                    return None
                compressed = await asyncio.to_thread(gzip.compress, plain, 9, mtime=0)
                self._kept[plan_hash] = (plain, compressed)
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return self._kept[plan_hash]


def _headers_of(plan_hash: str) -> dict[str, str]:
    return {
        "etag": f'"{plan_hash}"',
        "cache-control": f"public, max-age={_YEAR_SECONDS}, immutable",
        "vary": "Accept-Encoding",
        "access-control-allow-origin": "*",  # the drawing of a hall is no secret
    }
