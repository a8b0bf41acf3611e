"""The route of webhooks: bounded, masked, and without what GraphQL has around it."""

import asyncio
from collections.abc import Mapping

import httpx
import pytest
from structlog.testing import capture_logs

from bigcat_graphql.payments.notices import NoInbox, NoticeRefused
from bigcat_graphql.server import webhooks
from bigcat_graphql.server.bodies import MAX_BODY_BYTES
from tests.server.test_pages import serving


class Inbox:
    """Keeps what arrives, and answers as it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.taken: list[tuple[str, bytes, str | None]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def take(self, provider: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.taken.append((provider, body, headers.get("stripe-signature")))
        await self.open.wait()
        if self.error is not None:
            raise self.error


async def send(inbox: Inbox, body: bytes = b"{}") -> httpx.Response:
    async with serving(take_webhook=inbox.take) as client:
        return await client.post(
            "/webhooks/stripe", content=body, headers={"Stripe-Signature": "t=1,v1=a"}
        )


async def test_a_webhook_arrives_as_it_was_sent() -> None:
    inbox = Inbox()
    body = b'{"id": "evt_1",  "umlaut": "\xc3\xa4"}'
    assert (await send(inbox, body)).status_code == 200
    assert inbox.taken == [("stripe", body, "t=1,v1=a")]


async def test_a_webhook_that_is_too_large_is_not_taken() -> None:
    inbox = Inbox()
    assert (await send(inbox, b"x" * MAX_BODY_BYTES)).status_code == 200
    assert (await send(inbox, b"x" * (MAX_BODY_BYTES + 1))).status_code == 413
    assert len(inbox.taken) == 1


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NoInbox("stripe"), 404, "No such provider"),
        (NoticeRefused("The signature is wrong."), 400, "The signature is wrong."),
        (RuntimeError("sk_live_secret"), 500, "send it again"),
    ],
)
async def test_what_is_not_dealt_with_is_not_answered_with_success(
    error: Exception, status: int, words: str
) -> None:
    with capture_logs() as logs:
        answer = await send(Inbox(error))
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert "sk_live_secret" not in answer.text
    assert [line["event"] for line in logs] == (
        [] if status == 404 else ["webhook_refused" if status == 400 else "webhook_failed"]
    )


async def test_webhooks_are_posted() -> None:
    async with serving(take_webhook=Inbox().take) as client:
        assert (await client.get("/webhooks/stripe")).status_code == 405


async def test_so_many_webhooks_are_taken_at_once_and_no_more() -> None:
    inbox = Inbox()
    inbox.open.clear()
    async with serving(take_webhook=inbox.take) as client:
        posts = [
            asyncio.create_task(client.post("/webhooks/stripe", content=b"{}"))
            for _ in range(webhooks._AT_ONCE)
        ]
        while len(inbox.taken) < len(posts):
            await asyncio.sleep(0)
        async with asyncio.timeout(60):  # it would wait with the others
            refused = await client.post("/webhooks/stripe", content=b"{}")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        inbox.open.set()
        assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
        assert (await client.post("/webhooks/stripe", content=b"{}")).status_code == 200
