"""`bigcat serve`, from its start to its end."""

import asyncio
import re
import shutil
import signal
import socket
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
SIGN_IN = """
mutation SignIn($email: String!) {
  signIn(input: {email: $email, password: "bigcat-demo"}) { session { account { role } } }
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


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")
async def test_a_demo_opens_on_a_server_of_its_own_and_leaves_nothing_running(
    data_dir: Path,
) -> None:
    where = {"BIGCAT_DATA_DIR": str(data_dir)}
    async with served("--demo", **where) as server:
        on_sale = await server.ask("{ concerts(filter: {status: [ON_SALE]}) { totalCount } }")
        assert on_sale["concerts"]["totalCount"] >= 30
        for role in ("buyer", "organizer", "admin"):
            answer = await server.ask(SIGN_IN, email=f"{role}@example.com")
            assert answer["signIn"]["session"]["account"]["role"] == role.upper()
        assert await server.stop(signal.SIGINT) == 0
        said = await server.rest_of_what_it_said()
    assert f"{server.address}/graphiql" in said
    assert "organizer@example.com  bigcat-demo" in said
    assert "Traceback" not in said
    await until_nobody_runs_in(data_dir)

    async with served("--demo", **where) as again:
        there = await again.ask("{ concerts { totalCount } }")
        assert there["concerts"]["totalCount"] >= 60
        assert await again.stop(signal.SIGTERM) == 0
        assert "Putting a season" not in await again.rest_of_what_it_said()
    await until_nobody_runs_in(data_dir)


async def until_nobody_runs_in(directory: Path) -> None:
    for _ in range(_PATIENCE_SECONDS * 20):
        if not any(str(directory) in command_of(process) for process in processes()):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"something still runs in {directory}")


def processes() -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def command_of(process: Path) -> str:
    try:
        return (process / "cmdline").read_text()
    except OSError:  # it has just ended
        return ""


async def test_a_demo_is_not_put_among_real_concerts(database: DatabaseUrl) -> None:
    await make_concert()
    refused = await bigcat("serve", "--demo", "--port", "0", database=database)
    assert_refused(refused, 1, "--demo")
    with pytest.raises(accounts.AuthenticationFailed):
        await accounts.sign_in("admin@example.com", "bigcat-demo")


@pytest.mark.parametrize("many", [[], ["--workers", "2"]])
async def test_an_address_that_is_taken_is_told_before_the_database_is_opened(
    many: list[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = await bigcat(
            *("serve", "--port", port, *many), database="postgresql://127.0.0.1:1/nowhere"
        )
    assert_refused(done, 1, f"127.0.0.1:{port} is taken", "--port")
    assert "nowhere" not in done.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
async def test_an_address_of_another_machine_is_refused_in_a_line(host: str) -> None:
    done = await bigcat("serve", "--port", "0", "--host", host)
    assert_refused(done, 1, f"{host}:0 cannot be opened")
    assert len(done.stderr.splitlines()) == 1
