"""The routes of tickets' files: what is sent, and how little is said to the rest."""

from dataclasses import dataclass

import pytest

from bigcat_graphql.errors import Busy
from tests.server.test_pages import serving


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    media_type: str
    content: bytes


_FILES = {
    "ticket.pdf": _File("ticket-k7qm.pdf", "application/pdf", b"%PDF-"),
    "code.svg": _File("code-k7qm.svg", "image/svg+xml", b"<svg/>"),
    "evening.ics": _File("evening-k7qm.ics", "text/calendar; charset=utf-8", b"BEGIN"),
}


async def _open(token: str, file: str) -> _File | None:
    if token == "busy":
        raise Busy(retry_after_seconds=7)
    return _FILES.get(file) if token == "good" else None


@pytest.mark.parametrize("name", _FILES)
async def test_a_link_sends_its_file_to_its_holder_alone(name: str) -> None:
    async with serving(open_ticket_file=_open) as client:
        answer = await client.get(f"/t/good/{name}")

    assert (answer.status_code, answer.content) == (200, _FILES[name].content)
    assert answer.headers["content-type"] == _FILES[name].media_type
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"] == f'inline; filename="{_FILES[name].name}"'


@pytest.mark.parametrize("path", ["/t/forged/ticket.pdf", "/t/good/other.pdf", "/t/%00/%ff"])
async def test_every_bad_link_gets_the_same_answer(path: str) -> None:
    async with serving(open_ticket_file=_open) as client:
        answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == "There is no such file, or the link to it is over: get a new one."


async def test_too_many_files_at_once_are_told_to_come_back() -> None:
    async with serving(open_ticket_file=_open) as client:
        answer = await client.get("/t/busy/ticket.pdf")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


async def test_doors_get_the_keys_that_check_codes() -> None:
    async def read() -> dict[str, object]:
        return {"keys": [{"kid": "1"}]}

    async with serving(read_ticket_keys=read) as client:
        answer = await client.get("/ticket-keys.json")

    assert answer.json() == {"keys": [{"kid": "1"}]}
    assert answer.headers["access-control-allow-origin"] == "*"
