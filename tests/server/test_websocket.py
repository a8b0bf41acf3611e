"""GraphQL over websocket."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bigcat_graphql.server.persisted import hash_text
from tests.server.asking import talk
from tests.server.toy import Watchers

_PATIENCE_SECONDS = 30
ENDLESS = "subscription { count(to: 100000, pause: 0.01) }"


async def test_a_query_gets_one_answer_and_complete(address: str) -> None:
    async with talk(address) as one:
        await one.subscribe("{ hello }")
        answer = await one.hear()
        assert (answer["id"], answer["type"]) == ("1", "next")
        assert answer["payload"]["data"] == {"hello": "Hello world"}
        assert await one.hear() == {"id": "1", "type": "complete"}


async def test_a_subscription_gets_its_events_and_complete(address: str) -> None:
    async with talk(address) as one:
        await one.subscribe("subscription { count(to: 2) }")
        heard = [await one.hear() for _ in range(3)]
    assert [message.get("payload") for message in heard[:2]] == [
        {"data": {"count": 0}},
        {"data": {"count": 1}},
    ]
    assert heard[2]["type"] == "complete"


async def test_an_id_can_be_used_again_once_it_is_complete(address: str) -> None:
    async with talk(address) as one:
        for _ in range(20):
            await one.subscribe("{ hello }")
            assert [(await one.hear())["type"] for _ in range(2)] == ["next", "complete"]


async def test_complete_by_the_client_closes_the_generator(address: str) -> None:
    async with talk(address) as one:
        await one.subscribe(ENDLESS)
        await one.hear()
        await one.say({"id": "1", "type": "complete"})
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while Watchers.open:
                await asyncio.sleep(0.01)
        await one.say({"type": "ping"})
        while (await one.hear())["type"] != "pong":
            pass


async def test_a_client_that_is_gone_leaves_no_generator_behind(address: str) -> None:
    async with talk(address) as one:
        for key in "abc":
            await one.subscribe(ENDLESS, key)
        await one.hear()
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while Watchers.open:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "BAD_USER_INPUT"),
        ("{ nope }", "BAD_USER_INPUT"),
        ("query A { hello } query B { hello }", "BAD_USER_INPUT"),
        ("{ dear also: dear }", "COST_EXCEEDED"),
        ("subscription { refused }", "BAD_USER_INPUT"),
        ("subscription { broken }", "INTERNAL"),
    ],
)
async def test_an_operation_that_fails_does_not_close_the_socket_of_its_siblings(
    address: str, query: str, code: str
) -> None:
    async with talk(address) as one:
        await one.subscribe(ENDLESS, "sibling")
        await one.subscribe(query, "bad")
        error = await one.hear()
        while error["id"] != "bad":
            error = await one.hear()
        assert error["type"] == "error"
        assert error["payload"][0]["extensions"]["code"] == code
        assert "secret" not in json.dumps(error)
        assert (await one.hear())["id"] == "sibling"


async def test_each_operation_has_a_context_of_its_own(address: str) -> None:
    async with talk(address) as one:
        seen = set()
        for key in "ab":
            await one.subscribe("{ contextId sleep(seconds: 0.05) }", key)
        for _ in range(4):
            message = await one.hear()
            if message["type"] == "next":
                seen.add(message["payload"]["data"]["contextId"])
    assert len(seen) == 2


async def test_a_ping_is_answered_with_its_payload_even_before_init(address: str) -> None:
    async with talk(address, init=False) as one:
        await one.say({"type": "ping", "payload": {"a": 1}})
        assert await one.hear() == {"type": "pong", "payload": {"a": 1}}


async def test_what_the_protocol_does_not_forbid_keeps_the_socket_open(address: str) -> None:
    async with talk(address) as one:
        await one.say({"type": "pong"})
        await one.say({"type": "complete", "id": "unknown"})
        await one.say({"type": "ping", "payload": None})
        assert await one.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    "message",
    [
        "xx", "null", "[]", "1", '"a"', "{}", "[" * 30_000 + "]" * 30_000, b'{"type":"ping"}',
        {"type": "foo"}, {"type": {}}, {"type": "connection_ack"},
        {"type": "ping", "payload": 1}, {"type": "complete"}, {"type": "complete", "id": {}},
        {"type": "subscribe", "payload": {"query": "{hello}"}},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": None},
        {"type": "subscribe", "id": "1", "payload": "x"},
        {"type": "subscribe", "id": "1", "payload": {}},
        {"type": "subscribe", "id": "1", "payload": {"query": 1}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{hello}", "variables": [1]}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{hello}", "extensions": 1}},
        {"type": "subscribe", "id": "1", "payload": {"query": "{hello}", "operationName": 5}},
        {"type": "subscribe", "id": 1, "payload": {"query": "{hello}"}},
        {"type": "subscribe", "id": "", "payload": {"query": "{hello}"}},
        {"type": "subscribe", "id": "x" * 1_001, "payload": {"query": "{hello}"}},
    ],
)  # fmt: skip
async def test_a_message_outside_the_protocol_closes_by_4400(address: str, message: Any) -> None:
    async with talk(address) as one:
        await one.say(message)
        assert await one.hear_close() == 4400


async def test_the_codes_of_the_protocol(address: str) -> None:
    async with talk(address, init=False) as one:
        await one.subscribe("{ hello }")
        assert await one.hear_close() == 4401
    async with talk(address) as one:
        await one.say({"type": "connection_init"})
        assert await one.hear_close() == 4429
    async with talk(address) as one:
        for _ in range(2):
            await one.subscribe(ENDLESS, "é" * 300)
        assert await one.hear_close() == 4409
    async with connect(f"ws://{address}/graphql", proxy=None) as socket:
        await socket.wait_closed()
        assert socket.close_code == 4406


async def test_a_message_over_64_kb_closes_by_1009(address: str) -> None:
    async with talk(address) as one:
        await one.say(" " * 70_000)
        assert await one.hear_close() == 1009


async def test_a_token_in_connection_init_says_who_calls(address: str) -> None:
    async with talk(address, init=False) as one:
        await one.begin({"authorization": "Bearer good"})
        await one.subscribe("{ whoami }")
        data = (await one.hear())["payload"]["data"]
    assert data == {"whoami": "00000000-0000-0000-0000-000000000007"}


@pytest.mark.parametrize("token", ["Bearer bad", "good", 5, {}])
async def test_a_bad_token_closes_by_4403(address: str, token: Any) -> None:
    async with talk(address, init=False) as one:
        await one.say({"type": "connection_init", "payload": {"authorization": token}})
        assert await one.hear_close() == 4403


async def test_a_token_that_ends_while_the_socket_is_open_closes_it_by_4403(address: str) -> None:
    async with talk(address, init=False) as one:
        await one.begin({"authorization": "Bearer short-1"})
        await one.subscribe(ENDLESS)
        assert await one.hear_close() == 4403


async def test_a_socket_runs_100_operations_and_refuses_more_by_name(address: str) -> None:
    async with talk(address) as one:
        for number in range(101):
            await one.subscribe("subscription { count(to: 2, pause: 60) }", str(number))
        message = await one.hear()
        while message["type"] != "error":
            message = await one.hear()
        assert message["id"] == "100"
        assert message["payload"][0]["extensions"]["code"] == "THROTTLED"


async def test_a_document_is_named_by_its_hash_over_the_socket_too(address: str) -> None:
    query = '{ echo(text: "socket") }'
    asked = {"persistedQuery": {"version": 1, "sha256Hash": hash_text(query)}}
    async with talk(address) as one:
        await one.subscribe("", extensions=asked)
        missing = await one.hear()
        await one.subscribe(query, extensions=asked)
        assert [(await one.hear())["type"] for _ in range(2)] == ["next", "complete"]
        await one.subscribe("", extensions=asked)
        found = await one.hear()
    assert missing["payload"][0]["message"] == "PersistedQueryNotFound"
    assert missing["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert found["payload"]["data"] == {"echo": "socket"}


async def test_a_page_of_a_foreign_origin_gets_403_and_our_own_gets_in(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with talk(address, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    async with talk(address, origin=f"http://{address}"):
        pass


async def test_more_sockets_than_the_server_takes_are_told_to_try_later(address: str) -> None:
    sockets = [talk(address) for _ in range(10)]
    for one in sockets:
        await one.__aenter__()
    async with talk(address, init=False) as late:
        assert await late.hear_close() == 1013
    for one in sockets:
        await one.__aexit__(None, None, None)
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://{address}/healthz")).status_code == 200
