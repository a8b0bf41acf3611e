"""Subscriptions over HTTP: server-sent events and multipart."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from bigcat_graphql.server import streams
from bigcat_graphql.server.app import create_app
from bigcat_graphql.settings import Settings
from tests.server.asking import ask, code_of, talk
from tests.server.toy import Watchers, schema
from tests.server.toy_server import SERVICES

_PATIENCE_SECONDS = 30
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


@pytest.mark.parametrize(
    ("accept", "end"),
    [("text/event-stream", "event: complete\ndata:\n\n"), (MULTIPART, "\r\n--graphql--\r\n")],
)
async def test_a_stream_ends_with_the_access_token_of_its_caller(
    client: httpx.AsyncClient, accept: str, end: str
) -> None:
    endless = "subscription { count(to: 100000, pause: 0.01) }"
    async with asyncio.timeout(_PATIENCE_SECONDS):
        answer = await ask(client, endless, accept=accept, authorization="Bearer short-1")
    assert '{"data":{"count":0}}' in answer.text
    assert answer.text.endswith(end)
    assert Watchers.open == 0


async def test_a_stream_that_is_silent_ends_with_the_token_too(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_HEARTBEAT_SECONDS", 3600.0)
    silent = "subscription { count(to: 2, pause: 60) }"
    async with asyncio.timeout(_PATIENCE_SECONDS):
        answer = await ask(
            client, silent, accept="text/event-stream", authorization="Bearer short-0.2"
        )
    assert answer.text.endswith("event: complete\ndata:\n\n")


async def test_a_single_answer_that_was_begun_in_time_is_given(client: httpx.AsyncClient) -> None:
    answer = await ask(
        client,
        "{ sleep(seconds: 1.5) }",
        accept="text/event-stream",
        authorization="Bearer short-1",
    )
    assert '"sleep":"slept"' in answer.text


@pytest.mark.parametrize(
    "given", [{"max_sockets": 2}, {"max_connections": 10}, {"max_sockets": 0}], ids=str
)
async def test_more_streams_than_the_server_takes_are_refused_and_the_rest_is_answered(
    given: dict[str, int],
) -> None:
    app = create_app(Settings.model_validate(given), schema, SERVICES)
    transport = httpx.ASGITransport(app)
    endless = "subscription { count(to: 2, pause: 60) }"
    many = given.get("max_sockets", 9)
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
        streams = [
            asyncio.create_task(ask(client, endless, accept="text/event-stream"))
            for _ in range(many)
        ]
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while Watchers.open < many:
                await asyncio.sleep(0.01)
        refused = await ask(client, endless, accept="text/event-stream")
        assert (refused.status_code, code_of(refused.json())) == (503, "THROTTLED")
        assert int(refused.headers["retry-after"]) > 0
        assert [(await client.get(page)).status_code for page in ("/healthz", "/readyz")] == [
            200
        ] * 2
        assert (await ask(client, "{ hello }")).status_code == 200
        await leave(streams)
        again = await ask(client, "{ hello }", accept="text/event-stream")
        assert again.status_code == (200 if many else 503)


async def leave(streams: list[asyncio.Task[httpx.Response]]) -> None:
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    assert Watchers.open == 0


async def test_streams_and_sockets_share_their_places(address: str) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(talk(address))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://{address}"))
        refused = await ask(client, "{ hello }", accept="text/event-stream")
        assert refused.status_code == 503
        assert (await client.get("/healthz")).status_code == 200


async def test_whoever_leaves_leaves_no_generator_behind(address: str) -> None:
    body = {"query": "subscription { count(to: 100000, pause: 0.01) }"}
    headers = {"accept": "text/event-stream"}
    async with (
        httpx.AsyncClient() as client,
        client.stream("POST", f"http://{address}/graphql", json=body, headers=headers) as answer,
    ):
        await anext(answer.aiter_bytes())
        assert Watchers.open == 1
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while Watchers.open:
            await asyncio.sleep(0.01)
