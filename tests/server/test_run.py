"""The process: how it starts and, above all, how it stops."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bigcat_graphql.server import bounded_http
from bigcat_graphql.server.media import JSON
from tests.server.asking import ask, talk

_PATIENCE_SECONDS = 30
SSE = "text/event-stream"


@asynccontextmanager
async def running(**settings: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.server.toy_server",
        env={**os.environ, "BIGCAT_PORT": "0", "BIGCAT_LOG_FORMAT": "json", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().strip()
        yield process, address.removeprefix("http://").replace("localhost", "127.0.0.1")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_asleep(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while (await ask(client, "{ asleep }")).json()["data"] != {"asleep": 1}:
            await asyncio.sleep(0.01)


async def until_closing(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await is_ready(client):
            await asyncio.sleep(0.01)


async def is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("accept", [JSON, SSE])
async def test_sigterm_lets_the_operation_in_flight_finish_and_exits_with_0(accept: str) -> None:
    async with running() as (process, address):
        async with httpx.AsyncClient(base_url=f"http://{address}") as client:
            asking = ask(client, "mutation { sleep(seconds: 1) }", accept=accept)
            flying = asyncio.create_task(asking)
            await until_asleep(client)
            process.send_signal(signal.SIGTERM)
            assert '"sleep":"slept"' in (await flying).text
        assert await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS) == 0


async def test_sigterm_closes_sockets_by_1012_and_ends_streams() -> None:
    body = {"query": "subscription { count(to: 100000, pause: 0.05) }"}
    async with running() as (process, address), talk(address) as one:
        await one.subscribe(body["query"])
        await one.hear()
        async with (
            httpx.AsyncClient() as client,
            client.stream(
                "POST",
                f"http://{address}/graphql",
                json=body,
                headers={"accept": "text/event-stream"},
            ) as events,
        ):
            text = events.aiter_text()
            await anext(text)
            process.send_signal(signal.SIGTERM)
            assert await one.hear_close() == 1012
            assert "event: complete" in "".join([part async for part in text])
        assert await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS) == 0


async def test_while_it_drains_it_is_not_ready_but_still_answers() -> None:
    async with (
        running(BIGCAT_DRAIN_SECONDS="120") as (process, address),
        httpx.AsyncClient(base_url=f"http://{address}") as client,
    ):
        assert (await client.get("/readyz")).status_code == 200
        process.send_signal(signal.SIGTERM)
        await until_closing(client)
        assert (await client.get("/readyz")).status_code == 503
        for accept in (JSON, SSE):
            assert "Hello world" in (await ask(client, "{ hello }", accept=accept)).text
        process.send_signal(signal.SIGTERM)  # enough
        assert await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS) == 0


async def test_a_second_signal_stops_what_does_not_end_by_itself() -> None:
    async with (
        running(BIGCAT_GRACEFUL_SECONDS="600") as (process, address),
        httpx.AsyncClient(base_url=f"http://{address}") as client,
    ):
        # The server's own limit on a mutation would end it after a minute.
        flying = asyncio.create_task(ask(client, "mutation { sleep(seconds: 600) }"))
        await until_asleep(client)
        process.send_signal(signal.SIGINT)
        await until_closing(client)
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS) == 0
        await asyncio.gather(flying, return_exceptions=True)


async def test_a_line_of_the_log_tells_the_operation_and_none_of_its_secrets() -> None:
    async with running() as (process, address):
        async with httpx.AsyncClient(base_url=f"http://{address}") as client:
            query = "query Whisper($t: String!) { echo(text: $t) }"
            named = {"apollographql_client_name": "shop", "authorization": "Bearer good"}
            await ask(client, query, {"t": "a-secret-text"}, **named)
            await ask(client, '{ fail(how: "bug") }')
        process.terminate()
        _, log = await process.communicate()
    lines = log.decode()
    assert '"operation":"Whisper"' in lines
    assert '"client":"shop"' in lines
    assert '"outcome":"INTERNAL"' in lines
    assert "Traceback" in lines
    for secret in ("a-secret-text", "Bearer", "good"):
        assert secret not in lines


async def test_who_does_not_finish_the_head_of_a_request_is_cut_off(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "_HEAD_SECONDS", 0.2)
    host, _, port = address.partition(":")
    for head in (b"", b"POST /graphql HTTP/1.1\r\nhost: box.test\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head)
        assert await asyncio.wait_for(reader.read(), _PATIENCE_SECONDS) == b""
        writer.close()
        await writer.wait_closed()


async def test_sigterm_lets_sockets_finish_what_they_answer_before_1012() -> None:
    async with running() as (process, address), talk(address) as busy, talk(address) as watching:
        names = {"names": ["sigterm"]}
        await watching.subscribe(
            "subscription ($names: [String!]!) { boards(names: $names) { text } }", variables=names
        )
        assert (await watching.hear())["type"] == "next"
        await busy.subscribe("{ sleep(seconds: 1) }")
        await busy.say({"type": "ping"})
        assert (await busy.hear())["type"] == "pong"
        process.send_signal(signal.SIGTERM)
        assert await watching.hear_close() == 1012
        assert (await busy.hear())["payload"]["data"] == {"sleep": "slept"}
        assert await busy.hear_close() == 1012
        assert await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS) == 0


async def test_what_takes_too_long_does_not_keep_a_socket_open_after_sigterm() -> None:
    async with running(BIGCAT_GRACEFUL_SECONDS="2") as (process, address), talk(address) as busy:
        await busy.subscribe("{ sleep(seconds: 14) }")
        await busy.say({"type": "ping"})
        assert (await busy.hear())["type"] == "pong"
        process.send_signal(signal.SIGTERM)
        assert await busy.hear_close() == 1012
        process_ended = await asyncio.wait_for(process.communicate(), _PATIENCE_SECONDS)
    assert process.returncode == 0
    assert b"Traceback" not in process_ended[1]
