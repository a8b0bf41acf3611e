"""Whether the process lives, and whether it should be sent requests."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_CHECK_SECONDS = 2.0
_HEADERS = {"cache-control": "no-store"}


class Health:
    """The routes `/healthz` and `/readyz`."""

    def __init__(
        self,
        find_fault: Callable[[], Awaitable[str | None]],
        closing: asyncio.Event,
        find_flaws: Callable[[], Sequence[str]],
    ) -> None:
        self._find_fault = find_fault
        self._find_flaws = find_flaws
        self._closing = closing

    async def live(self, _: Request) -> Response:
        """Say that the process answers."""
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def ready(self, _: Request) -> Response:
        """Say whether requests should come here: 503 as soon as the server begins to stop."""
        if self._closing.is_set():
            return JSONResponse({"status": "closing"}, 503, headers=_HEADERS)
        try:
            # A database that hangs is as good as none, and the asker does not wait long either.
            async with asyncio.timeout(_CHECK_SECONDS):
                fault = await self._find_fault()
        except Exception:  # noqa: BLE001 - no check, no readiness; the cause is in the logs
            fault = "the check failed"
        if fault is not None:
            return JSONResponse({"status": "not ready", "reason": fault}, 503, headers=_HEADERS)
        flaws = [*self._find_flaws()]
        body = {"status": "ready", "flaws": flaws} if flaws else {"status": "ready"}
        return JSONResponse(body, headers=_HEADERS)
