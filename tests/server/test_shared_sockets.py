"""Shared subscriptions over real sockets: exact messages, slow clients, and the end."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect

from bigcat_graphql.server import bounded_http, run, straight_socket
from bigcat_graphql.server.straight_socket import MOST_UNSENT_BYTES, StraightSocket
from tests.server.asking import PROTOCOL, Talk, talk
from tests.server.boards import Board, board
from tests.server.conftest import QuietServer, listening
from tests.server.test_streams import MULTIPART

WATCH = """
subscription ($names: [String!]!, $since: Int, $times: Int! = 1) {
  boards(names: $names, since: $since) { since version text(times: $times) }
}
"""
_PATIENCE_SECONDS = 30
# A frame of so much fills what the kernel and we keep for a client in a few steps.
_MUCH = 20_000


@pytest.fixture
def one() -> Board:
    return board(uuid4().hex)


class Screen:
    """What one client has of a board; a frame that does not continue it is an error."""

    def __init__(self, talk: Talk, times: int = 1) -> None:
        self.talk = talk
        self.times = times
        self.length = -1
        self.wholes = 0

    async def watch(self, one: Board, key: str = "1", **variables: object) -> None:
        given = {"names": [one.key[1]], "times": self.times, **variables}
        await self.talk.subscribe(WATCH, key, variables=given)

    async def take(self) -> None:
        message = await self.talk.hear()
        event = message["payload"]["data"]["boards"]
        assert event["since"] in {None, self.length}, "a gap"
        self.wholes += event["since"] is None
        self.length = event["version"]

    async def until(self, length: int) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while self.length < length:
                await self.take()


def written(key: str, answer: object) -> str:
    return orjson.dumps({"id": key, "type": "next", "payload": {"data": answer}}).decode()


@pytest.mark.parametrize("key", ["1", 'é"\\\n', "🐈", "x" * 300, '","type":"ping'])
async def test_an_id_of_any_letters_is_spliced_in_exactly(
    address: str, one: Board, key: str
) -> None:
    async with talk(address) as client:
        await Screen(client).watch(one, key)
        first = await client.socket.recv()
        one.add("a")
        second = await client.socket.recv()
    assert first == written(key, {"boards": {"since": None, "version": 0, "text": ""}})
    assert second == written(key, {"boards": {"since": 0, "version": 1, "text": "a"}})


@pytest.mark.parametrize("size", [1, 60, 100, 40_000, 100_000])
async def test_frames_of_every_length_are_framed_rightly(
    address: str, one: Board, size: int
) -> None:
    async with talk(address) as client:
        await Screen(client).watch(one)
        await client.hear()
        one.add("ä" * size)
        event = (await client.hear())["payload"]["data"]["boards"]
    assert event["text"] == "ä" * size


async def test_operations_of_all_kinds_share_a_socket(address: str, one: Board) -> None:
    async with talk(address) as client:
        for key in ("a", "b"):
            await Screen(client).watch(one, key)
            assert (await client.hear())["id"] == key
        await client.subscribe("subscription { count(to: 2) }", "private")
        await client.subscribe("{ hello }", "query")
        one.add("x")
        heard = [await client.hear() for _ in range(7)]
    told = {message["id"]: message for message in heard if message["type"] == "next"}
    assert told["a"]["payload"] == told["b"]["payload"]
    assert told["private"]["payload"]["data"] == {"count": 1}
    assert told["query"]["payload"]["data"] == {"hello": "Hello world"}
    ended = {message["id"] for message in heard if message["type"] == "complete"}
    assert ended == {"private", "query"}


async def test_who_selects_by_variables_is_sent_what_they_say(address: str, one: Board) -> None:
    document = """
    subscription ($names: [String!]!, $long: Boolean!) {
      boards(names: $names) { ...Version text @include(if: $long) }
    }
    fragment Version on BoardEvent { is: version @skip(if: $long) }
    """
    async with talk(address) as client:
        for key, long in (("short", False), ("long", True)):
            given = {"names": [one.key[1]], "long": long}
            await client.subscribe(document, key, variables=given)
            await client.hear()
        one.add("a")
        heard = [await client.hear() for _ in range(2)]
    told = {message["id"]: message["payload"]["data"]["boards"] for message in heard}
    assert told == {"short": {"is": 1}, "long": {"text": "a"}}


async def test_an_operation_that_is_completed_is_sent_no_more_and_its_id_is_free(
    address: str, one: Board
) -> None:
    async with talk(address) as client:
        screen = Screen(client)
        await screen.watch(one)
        await screen.take()
        await client.say({"id": "1", "type": "complete"})
        await client.say({"type": "ping"})
        assert (await client.hear())["type"] == "pong"
        one.add()
        await screen.watch(one)
        await screen.take()
        assert (screen.length, screen.wholes) == (1, 2)
        await screen.watch(one, "1")
        assert await client.hear_close() == 4409
    await gone(one)


async def gone(one: Board) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while one.holders:
            await asyncio.sleep(0.01)


async def test_a_topic_that_is_over_completes_its_operations(address: str, one: Board) -> None:
    async with talk(address) as client:
        await Screen(client).watch(one)
        await client.hear()
        one.end()
        assert await client.hear() == {"id": "1", "type": "complete"}
        await Screen(client).watch(one)
        assert (await client.hear())["type"] == "next"


async def test_a_topic_that_refuses_is_an_error_of_the_operation(address: str) -> None:
    async with talk(address) as client:
        await Screen(client).watch(board("secret"))
        error = await client.hear()
    assert (error["type"], error["payload"][0]["extensions"]["argument"]) == ("error", "names")


async def test_a_token_that_ends_closes_a_shared_subscription_by_4403(
    address: str, one: Board
) -> None:
    async with talk(address, init=False) as client:
        await client.begin({"authorization": "Bearer short-0.5"})
        await Screen(client).watch(one)
        assert await client.hear_close() == 4403
    await gone(one)


async def test_a_client_that_is_gone_gives_its_places_back(address: str, one: Board) -> None:
    async with talk(address) as client:
        await Screen(client).watch(one)
        await client.hear()
        client.socket.transport.abort()
    await gone(one)


@pytest.mark.parametrize("accept", ["text/event-stream", MULTIPART])
async def test_streams_are_sent_the_same_bytes_as_sockets(
    address: str, one: Board, accept: str
) -> None:
    body = {"query": WATCH, "variables": {"names": [one.key[1]]}}
    async with (
        talk(address) as client,
        httpx.AsyncClient() as http,
        http.stream(
            "POST", f"http://{address}/graphql", json=body, headers={"accept": accept}
        ) as answer,
    ):
        await Screen(client).watch(one)
        told = [str(await client.socket.recv())]
        parts = answer.aiter_text()
        streamed = ""
        while "version" not in streamed:
            streamed += await anext(parts)
        one.add('"ä')
        told.append(str(await client.socket.recv()))
        while streamed.count("version") < 2:
            streamed += await anext(parts)
        one.end()
        streamed += "".join([part async for part in parts])
    payloads = [text.removeprefix('{"id":"1","type":"next","payload":')[:-1] for text in told]
    if accept == MULTIPART:
        head = "\r\nContent-Type: application/json\r\n\r\n"
        shown = "".join(f'{head}{{"payload":{one}}}\r\n--graphql' for one in payloads)
        assert streamed == f"\r\n--graphql{shown}--\r\n"
    else:
        shown = "".join(f"event: next\ndata: {one}\n\n" for one in payloads)
        assert streamed == f":\n\n{shown}event: complete\ndata:\n\n"


async def test_a_stream_that_reads_slowly_goes_on_from_the_whole_state(
    address: str, one: Board
) -> None:
    body = {"query": WATCH, "variables": {"names": [one.key[1]], "times": _MUCH}}
    async with (
        httpx.AsyncClient() as http,
        http.stream(
            "POST",
            f"http://{address}/graphql",
            json=body,
            headers={"accept": "text/event-stream"},
            timeout=_PATIENCE_SECONDS,
        ) as answer,
    ):
        lines = answer.aiter_lines()
        first = await next_event(lines)
        for _ in range(400):
            one.add("x")
            await asyncio.sleep(0.001)  # so that the group keeps up, and only the reader does not
        frames = 0
        length = first["version"]
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while length < 400:
                event = await next_event(lines)
                assert event["since"] in {None, length}, "a gap"
                length = event["version"]
                frames += 1
    assert frames < 300


async def next_event(lines: AsyncIterator[str]) -> Any:
    async for line in lines:
        if line.startswith("data: {"):
            return json.loads(line.removeprefix("data: "))["data"]["boards"]
    raise AssertionError("the stream ended")


async def connect_narrowly(address: str) -> ClientConnection:
    """Connect with so small a buffer that the client is slow as soon as it does not read."""
    host, _, port = address.partition(":")
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, (host, int(port)))
    # max_queue: the client's library stops reading when so many messages wait to be heard.
    return await connect(
        f"ws://{address}/graphql",
        sock=narrow,
        subprotocols=[PROTOCOL],
        proxy=None,
        max_queue=1,
        max_size=None,
    )


def find_straight(server: QuietServer) -> list[StraightSocket]:
    return [one for one in server.server_state.connections if isinstance(one, StraightSocket)]


async def fill(one: Board, straight: StraightSocket, quick: Screen) -> None:
    """Add to the board until the slow client's socket has no room."""
    for _ in range(500):
        if straight.is_paused or straight.close_sent:
            return
        one.add()
        await quick.until(len(one.text))
    raise AssertionError("a client that does not read was never slow")


async def test_a_client_that_does_not_read_costs_little_and_goes_on_from_the_whole_state(
    one: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(straight_socket, "_STUCK_SECONDS", 3600)
    async with listening() as (server, address):
        slow = Screen(Talk(await connect_narrowly(address)), _MUCH)
        await slow.talk.begin()
        await slow.watch(one)
        await slow.take()
        [straight] = find_straight(server)
        async with talk(address) as client:
            quick = Screen(client)
            await quick.watch(one)
            await fill(one, straight, quick)
            for _ in range(50):
                one.add()
                await quick.until(len(one.text))
            assert straight.transport.get_write_buffer_size() < MOST_UNSENT_BYTES + 2 * _MUCH
            assert quick.wholes == 1

        await slow.until(len(one.text))
        assert slow.wholes == 2
        one.add()
        await slow.until(len(one.text))
        assert slow.wholes == 2
        await slow.talk.socket.close()


async def test_a_client_that_reads_nothing_for_long_is_closed_by_1013(
    one: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(straight_socket, "_STUCK_SECONDS", 0.5)
    monkeypatch.setattr(straight_socket, "_FLUSH_SECONDS", 60)
    async with listening() as (server, address):
        slow = Screen(Talk(await connect_narrowly(address)), _MUCH)
        await slow.talk.begin()
        await slow.watch(one)
        await slow.take()
        [straight] = find_straight(server)
        async with talk(address) as client:
            quick = Screen(client)
            await quick.watch(one)
            await fill(one, straight, quick)
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not straight.close_sent:
                    await asyncio.sleep(0.01)
            one.add()
            await quick.until(len(one.text))
        assert await slow.talk.hear_close() == 1013


async def test_a_client_that_does_not_even_read_its_close_is_cut_off(
    one: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(straight_socket, "_STUCK_SECONDS", 0.3)
    monkeypatch.setattr(straight_socket, "_FLUSH_SECONDS", 0.1)
    async with listening() as (server, address):
        slow = Screen(Talk(await connect_narrowly(address)), _MUCH)
        await slow.talk.begin()
        await slow.watch(one)
        await slow.take()
        [straight] = find_straight(server)
        straight.close_timeout = 600  # how long an answer to the close is waited for
        async with talk(address) as client:
            quick = Screen(client)
            await quick.watch(one)
            await fill(one, straight, quick)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while find_straight(server):
                await asyncio.sleep(0.01)
        slow.talk.socket.transport.abort()
    await gone(one)


async def test_a_socket_that_is_not_read_does_not_keep_the_server_from_stopping(
    one: Board,
) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), listening(graceful_seconds=1) as (_, address):
        slow = Screen(Talk(await connect_narrowly(address)), _MUCH)
        await slow.talk.begin()
        await slow.watch(one)
        await slow.take()
        await add_much(one)
    await gone(one)
    slow.talk.socket.transport.abort()


async def test_a_stream_that_is_not_read_does_not_keep_the_server_from_stopping(
    one: Board,
) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), listening(graceful_seconds=1) as (_, address):
        writer = await ask_for_stream(address, one)
        await add_much(one)
    await gone(one)
    writer.transport.abort()


async def add_much(one: Board) -> None:
    for _ in range(100):
        one.add()
        await asyncio.sleep(0.001)


async def ask_for_stream(address: str, one: Board) -> asyncio.StreamWriter:
    """Ask for events, and read only the first words of them."""
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    variables = {"names": [one.key[1]], "times": _MUCH}
    body = orjson.dumps({"query": WATCH, "variables": variables})
    writer.write(
        b"POST /graphql HTTP/1.1\r\nhost: box.test\r\ncontent-type: application/json\r\n"
        b"accept: text/event-stream\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    )
    await reader.readuntil(b"event: next")
    return writer


async def test_a_stream_that_is_not_read_is_cut_off(
    one: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "_UNREAD_SECONDS", 0.2)
    async with listening() as (_, address):
        writer = await ask_for_stream(address, one)
        assert one.holders == 1
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while one.holders:
                if len(one.text) < 400:
                    one.add()
                await asyncio.sleep(0.001)
        writer.close()


async def test_the_kernel_keeps_little_that_is_not_sent(one: Board) -> None:
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is None:
        pytest.skip("this system has no TCP_NOTSENT_LOWAT")
    async with listening() as (server, address), talk(address) as client:
        await Screen(client).watch(one)
        await client.hear()
        [straight] = find_straight(server)
        descriptor = straight.transport.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(descriptor)) as same:
            assert same.getsockopt(socket.IPPROTO_TCP, option) == MOST_UNSENT_BYTES


async def test_a_server_that_offers_no_short_cut_sends_the_same(
    one: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "StraightSocket", WebSocketsSansIOProtocol)
    async with listening() as (_, address), talk(address) as client:
        screen = Screen(client)
        await screen.watch(one)
        await screen.take()
        for _ in range(30):
            one.add()
        await screen.until(30)
        one.end()
        assert await client.hear() == {"id": "1", "type": "complete"}
