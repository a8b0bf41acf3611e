"""Subscriptions over HTTP: server-sent events and multipart."""

import asyncio

import httpx
import pytest

from tests.server.asking import ask
from tests.server.toy import Watchers

MULTIPART = "multipart/mixed;subscriptionSpec=1.0, application/json"


async def test_events_come_with_lf_alone_and_end_with_complete(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "subscription { count(to: 2) }", accept="text/event-stream")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "\r" not in answer.text
    assert [event for event in answer.text.split("\n\n") if event.startswith("event")] == [
        'event: next\ndata: {"data":{"count":0}}',
        'event: next\ndata: {"data":{"count":1}}',
        "event: complete\ndata:",
    ]


async def test_a_query_can_be_an_event_too(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ hello }", accept="text/event-stream")
    assert 'data: {"data":{"hello":"Hello world"}' in answer.text
    assert answer.text.endswith("event: complete\ndata:\n\n")


async def test_a_subscription_refused_before_it_begins_is_an_ordinary_answer(
    client: httpx.AsyncClient,
) -> None:
    answer = await ask(client, "subscription { nope }", accept="text/event-stream")
    assert answer.headers["content-type"].startswith("application/json")
    assert "errors" in answer.json()


@pytest.mark.parametrize(
    ("field", "said"), [("broken(after: 1)", "INTERNAL"), ("refused", "BAD_USER_INPUT")]
)
async def test_a_source_that_breaks_ends_the_stream_with_a_masked_error(
    client: httpx.AsyncClient, field: str, said: str
) -> None:
    answer = await ask(client, f"subscription {{ {field} }}", accept="text/event-stream")
    assert said in answer.text
    assert "secret" not in answer.text
    assert answer.text.endswith("event: complete\ndata:\n\n")


async def test_parts_come_as_apollo_reads_them(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "subscription { count(to: 2) }", accept=MULTIPART)
    assert answer.headers["content-type"].startswith('multipart/mixed; boundary="graphql"')
    parts = answer.text.split("\r\n--graphql")
    assert parts[1].endswith('\r\n\r\n{"payload":{"data":{"count":0}}}')
    assert parts[-1] == "--\r\n"


async def test_whoever_leaves_leaves_no_generator_behind(address: str) -> None:
    body = {"query": "subscription { count(to: 100000, pause: 0.01) }"}
    headers = {"accept": "text/event-stream"}
    async with (
        httpx.AsyncClient() as client,
        client.stream("POST", f"http://{address}/graphql", json=body, headers=headers) as answer,
    ):
        await anext(answer.aiter_bytes())
        assert Watchers.open == 1
    async with asyncio.timeout(5):
        while Watchers.open:
            await asyncio.sleep(0.01)
