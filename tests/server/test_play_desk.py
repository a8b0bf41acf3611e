"""The page of provider `test`: a form for anybody who has its address, and for no other page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest

from bigcat_graphql.errors import Busy, NotFound, OutcomeUnknown
from bigcat_graphql.money import Money
from bigcat_graphql.payments import PlayAction
from bigcat_graphql.payments.provider import ProviderStatus
from bigcat_graphql.server.app import create_app
from bigcat_graphql.settings import Settings
from tests.server.toy import schema
from tests.server.toy_server import SERVICES

CONCERT, SECRET = uuid4(), "play_secret"
PAGE = f"/payments/test/{CONCERT}/{SECRET}"
HOSTILE = '<script>alert("1")</script>'


class Desk:
    """One payment of somebody who means no good."""

    def __init__(self) -> None:
        self.status = ProviderStatus.REQUIRES_ACTION
        self.answers: list[bool] = []

    async def find(self, concert_id: UUID, client_secret: str) -> PlayAction | None:
        if (concert_id, client_secret) != (CONCERT, SECRET):
            return None
        return PlayAction(HOSTILE, Money(6500, "EUR"), self.status)

    async def answer(self, concert_id: UUID, client_secret: str, *, approves: bool) -> None:
        if await self.find(concert_id, client_secret) is None or self.answers:
            raise NotFound(("clientSecret",))
        self.answers.append(approves)
        self.status = ProviderStatus.AUTHORIZED if approves else ProviderStatus.DECLINED


@asynccontextmanager
async def serving(desk: Desk, **settings: object) -> AsyncIterator[httpx.AsyncClient]:
    services = replace(SERVICES, find_play_action=desk.find, answer_play_action=desk.answer)
    app = create_app(Settings().model_copy(update=settings), schema, services)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
        yield client


async def test_the_form_leads_from_the_question_to_the_answer() -> None:
    desk = Desk()
    async with serving(desk) as client:
        asked = await client.get(PAGE)
        buttons = re.findall(r'<button type="submit" formaction="([^"]+)"', asked.text)
        done = await client.post(buttons[0], headers={"origin": "http://box.test"})
        shown = await client.get(done.headers["location"])
        again = await client.post(buttons[1])
    assert asked.status_code == shown.status_code == 200
    assert 'role="status" hidden' in asked.text
    assert "65.00 EUR" in asked.text
    assert (done.status_code, done.headers["location"]) == (303, PAGE)
    assert "Approved." in shown.text
    assert '<form method="post" hidden' in shown.text
    # A second answer changes nothing, and is shown the first.
    assert (again.status_code, desk.answers) == (303, [True])


async def test_what_was_declined_says_so() -> None:
    desk = Desk()
    async with serving(desk) as client:
        await client.post(f"{PAGE}/decline")
        shown = await client.get(PAGE)
    assert desk.answers == [False]
    assert "Declined. Nothing was charged" in shown.text


async def test_the_page_can_do_nothing_but_send_its_own_form() -> None:
    async with serving(Desk()) as client:
        page = await client.get(PAGE)
    policy = page.headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert HOSTILE not in page.text
    assert 'lang="en"' in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://box.test"},
        {"sec-fetch-site": "none"},
        {"origin": "https://shop.example"},
    ],
)
async def test_no_other_page_may_send_it(headers: dict[str, str]) -> None:
    desk = Desk()
    async with serving(desk, allowed_origins=("https://shop.example",)) as client:
        answer = await client.post(f"{PAGE}/approve", headers=headers)
    assert (answer.status_code, desk.answers) == (403, [])


async def test_a_browser_that_says_so_is_believed_behind_a_proxy() -> None:
    desk = Desk()
    headers = {"sec-fetch-site": "same-origin", "origin": "https://tickets.example"}
    async with serving(desk) as client:
        answer = await client.post(f"{PAGE}/approve", headers=headers)
    assert (answer.status_code, desk.answers) == (303, [True])


async def test_looking_answers_nothing() -> None:
    desk = Desk()
    async with serving(desk) as client:
        looks = [await client.get(f"{PAGE}/approve"), await client.get(f"{PAGE}/decline")]
        other = await client.post(f"{PAGE}/perhaps")
    assert [one.status_code for one in (*looks, other)] == [405, 405, 404]
    assert desk.answers == []


async def test_an_unknown_payment_has_no_page() -> None:
    async with serving(Desk()) as client:
        for path in (f"/payments/test/{uuid4()}/{SECRET}", f"{PAGE}x", "/payments/test/1/2"):
            assert (await client.get(path)).status_code == 404


async def test_without_provider_test_there_is_no_page_at_all() -> None:
    desk = Desk()
    async with serving(desk, payment_providers=("stripe",), stripe_secret_key="sk_test") as client:
        assert (await client.get(PAGE)).status_code == 404
        assert (await client.post(f"{PAGE}/approve")).status_code == 404
    assert desk.answers == []


class BusyDesk(Desk):
    """One whose database is away, or was lost in mid-answer."""

    async def find(self, concert_id: UUID, client_secret: str) -> PlayAction | None:
        del concert_id, client_secret
        raise Busy

    async def answer(self, concert_id: UUID, client_secret: str, *, approves: bool) -> None:
        del concert_id, client_secret, approves
        raise OutcomeUnknown


async def test_a_busy_database_asks_to_come_back() -> None:
    async with serving(BusyDesk()) as client:
        shown = await client.get(PAGE)
        taken = await client.post(f"{PAGE}/approve", headers={"origin": "http://box.test"})
    assert [(one.status_code, one.headers["retry-after"]) for one in (shown, taken)] == [
        (503, "1"),
        (503, "1"),
    ]
