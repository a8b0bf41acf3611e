"""The demo's mailbox: what was sent can be read, and can do nothing."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import httpx

from bigcat_graphql.clock import utc_now
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Channel
from bigcat_graphql.notifications import KeptMail
from bigcat_graphql.notifications.envelopes import address_mail
from bigcat_graphql.notifications.letters import Letter, Picture
from bigcat_graphql.notifications.tickets import Attachment
from bigcat_graphql.server.app import create_app
from bigcat_graphql.settings import Settings
from tests.server.toy import schema
from tests.server.toy_server import SERVICES

MAIL = new_id()
HOSTILE = '<script>alert("1")</script>'


class Box:
    """One mail of somebody who means no good."""

    def __init__(self) -> None:
        letter = Letter(
            subject=f"Your ticket: {HOSTILE}",
            text=f"Dear {HOSTILE}",
            html=f'<p>Dear {HOSTILE}</p><img src="cid:a@b"><img src="cid:gone@b">',
            pictures=[Picture("a@b", "Row A", "CODE", b"\x89PNG picture")],
        )
        files = [Attachment('x"; evil.pdf', "application/pdf", b"%PDF-1.7")]
        sealed = address_mail(
            MAIL, letter, name=HOSTILE, email="ada@example.org", files=files, settings=Settings()
        )
        self._kept = KeptMail(MAIL, "ada@example.org", letter.subject, Channel.MAIL, utc_now())
        self._content = bytes(sealed)

    async def list(self) -> Sequence[KeptMail]:
        return [self._kept]

    async def read(self, mail_id: UUID) -> bytes | None:
        return self._content if mail_id == MAIL else None


@asynccontextmanager
async def serving(*, mailbox: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    box = Box()
    services = replace(SERVICES, list_mails=box.list, read_mail=box.read)
    app = create_app(Settings(mailbox=mailbox), schema, services)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
        yield client


async def test_all_mails_are_listed_and_lead_to_one() -> None:
    async with serving() as client:
        page = await client.get("/mailbox")
        links = re.findall(r'href="(/mailbox/[^"]+)"', page.text)
        one = await client.get(links[0])
        front = await client.get("/")
    assert page.status_code == one.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert 'lang="en"' in page.text
    assert "ada@example.org" in page.text
    assert '<li ><a href="/mailbox">' in front.text


async def test_nothing_in_a_mail_becomes_markup_of_ours() -> None:
    async with serving() as client:
        pages = [await client.get("/mailbox"), await client.get(f"/mailbox/{MAIL}")]
    for page in pages:
        assert "<script" not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_a_mail_is_shown_where_no_script_runs_with_its_pictures_within() -> None:
    async with serving() as client:
        page = await client.get(f"/mailbox/{MAIL}")
        framed = await client.get(f"/mailbox/{MAIL}/html")
    assert f'<iframe src="/mailbox/{MAIL}/html"' in page.text
    assert re.search(r"<iframe [^>]* sandbox title=", page.text)
    policy = framed.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script-src" not in policy
    assert 'src="data:image/png;base64,iVBORyBwaWN0dXJl' in framed.text
    assert "cid:" not in framed.text


async def test_files_are_saved_and_not_opened_here() -> None:
    async with serving() as client:
        file = await client.get(f"/mailbox/{MAIL}/files/1")
        beyond = [await client.get(f"/mailbox/{MAIL}/files/{n}") for n in (0, 2, 10**30)]
    assert file.content == b"%PDF-1.7"
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''x%22%3B")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert {answer.status_code for answer in beyond} == {404}


async def test_what_was_never_sent_is_404() -> None:
    async with serving() as client:
        paths = [f"/mailbox/{new_id()}{tail}" for tail in ("", "/html", "/files/1")]
        answers = [await client.get(path) for path in [*paths, "/mailbox/x", "/mailbox/../etc"]]
    assert {answer.status_code for answer in answers} == {404}


async def test_there_is_no_mailbox_but_in_the_demo() -> None:
    async with serving(mailbox=False) as client:
        answers = [await client.get(path) for path in ("/mailbox", f"/mailbox/{MAIL}")]
        front = await client.get("/")
    assert {answer.status_code for answer in answers} == {404}
    assert '<li hidden><a href="/mailbox">' in front.text
