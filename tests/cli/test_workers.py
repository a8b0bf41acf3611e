"""`bigcat serve --workers 2`: several processes that look like one."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bigcat_graphql.database import DatabaseUrl
from tests.cli.running import assert_refused, bigcat
from tests.journeys.serving import Server, serving
from tests.scenes import make_concert

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="looks for processes in /proc, and needs a share for each"
)
_PATIENCE_SECONDS = 90
COME_IN = """
mutation {
  continueAsGuest(input: {email: "ana@example.com", name: "Ana"}) { session { accessToken } }
}
"""


@pytest.fixture
async def server(database: DatabaseUrl) -> AsyncIterator[Server]:
    await make_concert()
    async with serving("--workers", "2", DATABASE_URL=str(database)) as server:
        yield server


async def test_they_answer_as_one_replace_each_other_and_stop_in_good_order(
    server: Server, database: DatabaseUrl
) -> None:
    first, second = workers_of(server)
    token = (await ask(server, COME_IN))["continueAsGuest"]["session"]["accessToken"]
    # Each on a connection of its own: whoever takes it knows the token.
    for _ in range(20):
        assert (await ask(server, "{ me { name } }", token))["me"]["name"] == "Ana"

    port = server.address.rpartition(":")[2]
    refused = await bigcat("serve", "--workers", "2", "--port", port, database=database)
    assert_refused(refused, 1, f"127.0.0.1:{port}")

    os.kill(first, signal.SIGKILL)
    await until(lambda: len(set(workers_of(server)) - {first, second}) == 1)
    for _ in range(20):
        assert (await ask(server, "{ concerts { totalCount } }"))["concerts"]["totalCount"] == 1

    # Ctrl-C in a terminal reaches a whole group: they are not of it, and hear of it once, from us.
    ours = os.getpgid(server.process.pid)
    assert ours not in {os.getpgid(pid) for pid in workers_of(server)}
    server.process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(server.process.wait(), _PATIENCE_SECONDS) == 0
    said = server.said()
    assert (said.count("serving"), said.count("worker_ended")) == (1, 1)
    assert said.count("stopping") == 2
    assert "Traceback" not in said


async def test_they_end_when_nobody_looks_after_them_any_more(server: Server) -> None:
    pids = workers_of(server)
    assert len(pids) == 2
    server.process.kill()
    await until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in pids))
    assert "Traceback" not in server.said()


def workers_of(server: Server) -> list[int]:
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if "worker_process" in command_of(child)]


def command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:  # it has just ended
        return ""


async def ask(server: Server, query: str, token: str | None = None) -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(
            f"{server.address}/graphql", json={"query": query}, headers=headers
        )
    return answer.json()["data"]


async def until(happened: Any) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not happened():
            await asyncio.sleep(0.05)
