"""`bigcat serve`, from its start to its end."""

import asyncio
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bigcat_graphql import accounts
from bigcat_graphql.database import Connection, DatabaseUrl
from tests.cli.running import assert_refused, bare_environment, bigcat
from tests.scenes import make_concert

_PATIENCE_SECONDS = 90
CONTINUE_AS_GUEST = """
mutation {
  continueAsGuest(input: {email: "ana@example.com", name: "Ana"}) { session { accessToken } }
}
"""
BOOK_TWO = """
mutation BookTwo($concert: ID!) {
  bookSeats(input: {
    concertId: $concert, idempotencyKey: "1", selection: {bestAvailable: {quantity: 2}}
  }) { booking { id } errors { ... on UserError { message } } }
}
"""


class Served:
    """A server process, once it takes requests."""

    def __init__(self, process: asyncio.subprocess.Process, address: str, said: list[str]) -> None:
        self.process = process
        self.address = address
        self._said = said

    async def ask(self, query: str, *, token: str | None = None, **variables: Any) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(
                f"{self.address}/graphql",
                json={"query": query, "variables": variables},
                headers=headers,
            )
        return answer.json()["data"]

    async def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), _PATIENCE_SECONDS)

    async def rest_of_what_it_said(self) -> str:
        assert self.process.stderr is not None
        self._said.append((await self.process.stderr.read()).decode())
        return "".join(self._said)


@asynccontextmanager
async def served(*arguments: str, **variables: str) -> AsyncIterator[Served]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bigcat_graphql", "serve", "--port", "0", *arguments),
        env=bare_environment() | variables,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said: list[str] = []
        address = await asyncio.wait_for(_address_of(process, said), _PATIENCE_SECONDS)
        yield Served(process, address, said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _address_of(process: asyncio.subprocess.Process, said: list[str]) -> str:
    assert process.stderr is not None
    while line := (await process.stderr.readline()).decode():
        said.append(line)
        if found := re.search(r"http://localhost:\d+", line):
            return found[0]
    raise AssertionError("it ended: " + "".join(said))


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not tmp_path: as root the server runs as somebody else, who cannot pass pytest's directory.
    directory = Path(tempfile.mkdtemp(prefix="bigcat-serve-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_answers_until_it_is_told_to_stop(
    database: DatabaseUrl, number: signal.Signals
) -> None:
    await make_concert()
    async with served(DATABASE_URL=str(database)) as server:
        answer = await server.ask("{ concerts { totalCount } }")
        assert answer["concerts"]["totalCount"] == 1
        assert await server.stop(number) == 0
        assert "Traceback" not in await server.rest_of_what_it_said()


async def test_a_reservation_that_is_over_is_swept(
    database: DatabaseUrl, rival: Connection
) -> None:
    await make_concert()
    fast = {"BIGCAT_RESERVATION_SECONDS": "1", "BIGCAT_SWEEP_SECONDS": "0.05"}
    async with served(DATABASE_URL=str(database), **fast) as server:
        guest = await server.ask(CONTINUE_AS_GUEST)
        token = guest["continueAsGuest"]["session"]["accessToken"]
        concert = (await server.ask("{ concerts { nodes { id } } }"))["concerts"]["nodes"][0]
        booked = await server.ask(BOOK_TWO, token=token, concert=concert["id"])
        assert booked["bookSeats"]["errors"] == []
        await until(rival, "SELECT status = 'EXPIRED' FROM booking")
        assert await rival.fetchval("SELECT count(*) FROM seat WHERE status = 'R'") == 0
        assert await server.stop(signal.SIGTERM) == 0


async def until(rival: Connection, condition: str) -> None:
    for _ in range(_PATIENCE_SECONDS * 20):
        if await rival.fetchval(condition):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"it never came to {condition}")


async def test_a_demo_is_not_put_among_real_concerts(database: DatabaseUrl) -> None:
    await make_concert()
    refused = await bigcat("serve", "--demo", "--port", "0", database=database)
    assert_refused(refused, 1, "--demo")
    with pytest.raises(accounts.AuthenticationFailed):
        await accounts.sign_in("admin@example.com", "bigcat-demo")
