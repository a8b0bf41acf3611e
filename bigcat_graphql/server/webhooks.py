"""The route `/webhooks/{provider}`: what payment providers tell, taken whole or not at all."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bigcat_graphql.payments.notices import NoInbox, NoticeRefused
from bigcat_graphql.server.bodies import BodyRefused, ClientGone, read_body

_log = structlog.get_logger(__name__)
# Anybody may send here, and has no budget: this many may be under way, each of 256 kB at most.
_AT_ONCE = 64
_RETRY = {"retry-after": "5"}

TakeWebhook = Callable[[str, bytes, Mapping[str, str]], Awaitable[None]]


class Webhooks:
    """Answers 2xx once an event is dealt with and committed; with anything else it comes again."""

    def __init__(self, take: TakeWebhook) -> None:
        self._take = take
        self._under_way = 0

    async def receive(self, request: Request) -> Response:
        """Answer 200 done, 400 refused, 404 no such inbox, 413 too large, 5xx to be sent again."""
        if self._under_way >= _AT_ONCE:
            return _say(503, "Too many webhooks at once.", _RETRY)
        self._under_way += 1
        try:
            return await self._receive(request)
        finally:
            self._under_way -= 1

    async def _receive(self, request: Request) -> Response:
        provider = request.path_params["provider"]
        try:
            body = await read_body(request.receive, request.headers.get("content-length"))
            await self._take(provider, body, request.headers)
        except BodyRefused as refusal:
            return _say(refusal.status, refusal.message)
        except ClientGone:
            return Response(status_code=400)  # nobody reads it
        except NoInbox:
            return _say(404, "No such provider sends webhooks here.")
        except NoticeRefused as refusal:
            _log.warning("webhook_refused", provider=provider, reason=str(refusal))
            return _say(400, str(refusal))
        except Exception:  # noqa: BLE001 - the last door: nothing leaves unmasked
            _log.exception("webhook_failed", provider=provider)
            return _say(500, "It was not dealt with: send it again.", _RETRY)
        return Response(status_code=200)


def _say(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"message": message}, status, headers)
