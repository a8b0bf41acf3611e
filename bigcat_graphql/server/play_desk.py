"""The pages of provider `test`, at `/payments/test/…`: its buyer approves or declines there."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from html import escape
from importlib import resources
from string import Template
from typing import Protocol
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bigcat_graphql.errors import Busy, NotFound, OutcomeUnknown
from bigcat_graphql.payments import PlayAction
from bigcat_graphql.payments.provider import ProviderStatus
from bigcat_graphql.server.missing import say_missing
from bigcat_graphql.server.origins import Origins
from bigcat_graphql.server.safety import PAGE_POLICY


class AnswerAction(Protocol):
    """How the buyer's answer is given."""

    async def __call__(self, concert_id: UUID, client_secret: str, *, approves: bool) -> None:
        """Give it; NotFound when nobody waits for one."""


FindAction = Callable[[UUID, str], Awaitable[PlayAction | None]]

_PAGE = (resources.files("bigcat_graphql.server") / "static" / "play-desk.html").read_text("utf-8")
_HEADERS = {
    "content-security-policy": PAGE_POLICY.replace("form-action 'none'", "form-action 'self'"),
    "cache-control": "no-store",
    # With no-referrer a browser would post the form as `Origin: null`, like any foreign page.
    "referrer-policy": "same-origin",
}
_PATH = "/payments/test/{concert_id:uuid}/{client_secret}"
_ANSWERS = {"approve": True, "decline": False}
_APPROVED = "Approved. The box office confirms the booking in a moment; you may close this page."
_SAID: Mapping[ProviderStatus, str] = {
    ProviderStatus.AUTHORIZED: _APPROVED,
    ProviderStatus.CAPTURED: _APPROVED,
    ProviderStatus.DECLINED: (
        "Declined. Nothing was charged; while the seats are reserved, another card may be tried."
    ),
    ProviderStatus.VOIDED: (
        "Nothing is asked of you any more: the time was over, or another card was taken."
        " Nothing was charged."
    ),
}


class PlayDesk:
    """The routes under `/payments/test`; whoever knows a payment's secret may answer for it."""

    def __init__(self, find: FindAction, answer: AnswerAction, origins: Origins) -> None:
        self._find = find
        self._answer = answer
        self._origins = origins

    def routes(self) -> list[BaseRoute]:
        """List them."""
        return [
            Route(_PATH, self.show),
            Route(_PATH + "/{answer}", self.take, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Ask the buyer, or say what came of it."""
        try:
            action = await self._find(*_name(request))
        except Busy as busy:
            return _later(busy)
        if action is None:
            return _nothing(request)
        waits = action.status is ProviderStatus.REQUIRES_ACTION
        page = Template(_PAGE).substitute(
            concert=escape(action.concert),
            amount=escape(f"{action.amount.amount} {action.amount.currency}"),
            path=escape(request.url.path),
            asks="" if waits else "hidden",
            says="hidden" if waits else "",
            said=escape(_SAID.get(action.status, "")),
        )
        return HTMLResponse(page, headers=_HEADERS)

    async def take(self, request: Request) -> Response:
        """Take the answer, and show the page again: it can be reloaded, and sends nothing twice."""
        approves = _ANSWERS.get(request.path_params["answer"])
        if approves is None:
            return _nothing(request)
        if not self._origins.may_post(request.headers):
            return PlainTextResponse("Only the page itself may send this.", 403)
        try:
            # Answered before, or over: the page says which.
            with suppress(NotFound):
                await self._answer(*_name(request), approves=approves)
        except (Busy, OutcomeUnknown) as undecided:
            return _later(undecided)
        page = request.url.path.rpartition("/")[0]
        return RedirectResponse(page, 303, headers=_HEADERS)


def _name(request: Request) -> tuple[UUID, str]:
    return request.path_params["concert_id"], request.path_params["client_secret"]


def _nothing(request: Request) -> Response:
    return say_missing(request, "There is no such payment: look at `Payment.actionUrl` again.")


def _later(undecided: Busy | OutcomeUnknown) -> Response:
    """Ask to come back: whoever answers twice is taken at their first word."""
    wait = str(undecided.retry_after_seconds)
    return PlainTextResponse(undecided.message, 503, {"retry-after": wait})
