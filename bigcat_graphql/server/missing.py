"""What is said to whoever asks for what is not there: a page to people, a line to programs."""

from html import escape
from importlib import resources
from string import Template

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from bigcat_graphql.server.safety import PAGE_POLICY

_PAGE = (resources.files("bigcat_graphql.server") / "static" / "missing.html").read_text("utf-8")
_SAID = {404: "There is nothing at this address.", 405: "This address takes other methods."}
_HEADINGS = {404: "Not found", 405: "Not like this"}


def say_missing(request: Request, said: str) -> Response:
    """Answer 404 with a sentence."""
    return _say(request, 404, said, {})


async def answer_refusal(request: Request, refusal: Exception) -> Response:
    """Answer what the router refuses."""
    if not isinstance(refusal, HTTPException):
        raise refusal
    said = _SAID.get(refusal.status_code, refusal.detail)
    return _say(request, refusal.status_code, said, dict(refusal.headers or {}))


def _say(request: Request, status: int, said: str, headers: dict[str, str]) -> Response:
    headers = {"cache-control": "no-store", "vary": "Accept", **headers}
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(said, status, headers)
    page = Template(_PAGE).substitute(
        heading=escape(_HEADINGS.get(status, "Refused")), said=escape(said)
    )
    return HTMLResponse(page, status, {**headers, "content-security-policy": PAGE_POLICY})
