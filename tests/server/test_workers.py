"""Looking after processes, here of a few lines of Python each."""

import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bigcat_graphql.server import workers as workers_module
from bigcat_graphql.server.workers import Workers, WorkersFailed, listen

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets are not handed on there")
_PATIENCE_SECONDS = 60
# Each appends its number to a file, says that it is ready, and lives until SIGTERM or our end.
GOOD = """
import os, socket, sys
with open(sys.argv[1], "a") as file: print(os.getpid(), file=file, flush=True)
line = socket.socket(fileno=int(sys.argv[3]))
line.send(b"1")
line.recv(1)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + GOOD
HOPELESS = "import sys; sys.exit(3)"


class Pasture:
    def __init__(self, code: str, file: Path, *, stop_seconds: float = 60) -> None:
        self.file = file
        self.started = False
        listeners = listen("127.0.0.1", 0, count=2, backlog=16)
        self.workers = Workers(
            (sys.executable, "-c", code, str(file)),
            listeners,
            environment=os.environ,
            stop_seconds=stop_seconds,
        )

    @property
    def pids(self) -> list[int]:
        return [int(line) for line in self.file.read_text().split()] if self.file.exists() else []

    async def run(self) -> None:
        def note() -> None:
            self.started = True

        await self.workers.run(note)

    def has(self, count: int) -> bool:
        return len(self.pids) == count

    async def until(self, happened: Callable[[], object]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not happened():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(pasture: Pasture) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(pasture.run())
    try:
        await pasture.until(lambda: pasture.started)
        yield task
    finally:
        # Not cancelled: it would leave processes behind that nobody waits for.
        pasture.workers._stop()
        await asyncio.gather(task, return_exceptions=True)


async def test_all_are_ready_before_it_is_announced(tmp_path: Path) -> None:
    pasture = Pasture(GOOD, tmp_path / "pids")
    async with running(pasture) as task:
        assert len(pasture.pids) == 2
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, _PATIENCE_SECONDS)
    assert not any(map(is_alive, pasture.pids))


async def test_one_that_dies_is_replaced(tmp_path: Path) -> None:
    pasture = Pasture(GOOD, tmp_path / "pids")
    with capture_logs() as logs:
        async with running(pasture) as task:
            for count in (3, 4):
                os.kill(pasture.pids[-1], signal.SIGKILL)
                await pasture.until(partial(pasture.has, count))
            assert not task.done()
    assert [entry["code"] for entry in logs if entry["event"] == "worker_ended"] == [-9, -9]


async def test_a_start_that_fails_is_given_up_at_once(tmp_path: Path) -> None:
    with pytest.raises(WorkersFailed):
        await asyncio.wait_for(Pasture(HOPELESS, tmp_path / "pids").run(), _PATIENCE_SECONDS)


async def test_when_none_starts_any_more_it_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "_LONGEST_PAUSE_SECONDS", 0.02)
    pasture = Pasture(GOOD, tmp_path / "pids")
    async with running(pasture) as task:
        pasture.workers._command = (sys.executable, "-c", HOPELESS)
        for pid in pasture.pids:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkersFailed):
            await asyncio.wait_for(asyncio.shield(task), _PATIENCE_SECONDS)


async def test_while_another_serves_a_failing_one_is_tried_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "_LONGEST_PAUSE_SECONDS", 0.02)
    pasture = Pasture(GOOD, tmp_path / "pids")
    with capture_logs() as logs:
        async with running(pasture) as task:
            good, pasture.workers._command = pasture.workers._command, (sys.executable, "-c", "0/0")
            os.kill(pasture.pids[0], signal.SIGKILL)
            await pasture.until(lambda: len(logs) > workers_module._FAILURES_MAX + 1)
            pasture.workers._command = good
            await pasture.until(lambda: len(pasture.pids) == 3)
            assert not task.done()


async def test_one_that_will_not_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "_GRACE_SECONDS", 0.1)
    stubborn = STUBBORN.replace("line.recv(1)", "\nimport time; time.sleep(600)")
    pasture = Pasture(stubborn, tmp_path / "pids", stop_seconds=0.1)
    async with running(pasture) as task:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(task, _PATIENCE_SECONDS)
    assert not any(map(is_alive, pasture.pids))


def test_an_address_that_is_taken_is_refused() -> None:
    taken = socket.create_server(("127.0.0.1", 0), reuse_port=hasattr(socket, "SO_REUSEPORT"))
    with taken, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", taken.getsockname()[1], count=2, backlog=16)


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels fill one queue")
def test_each_process_has_a_share_of_the_connections() -> None:
    listeners = listen("127.0.0.1", 0, count=2, backlog=512)
    place = listeners[0].getsockname()
    clients = [socket.create_connection(place) for _ in range(200)]
    shares: Counter[int] = Counter()
    for number, listener in enumerate(listeners):
        listener.settimeout(0.2)
        try:
            while True:
                listener.accept()[0].close()
                shares[number] += 1
        except TimeoutError:
            listener.close()
    for client in clients:
        client.close()
    assert sum(shares.values()) == 200
    # The kernel hashes addresses: a share below a fifth has a chance of one in 10^18.
    assert min(shares[0], shares[1]) > 40


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
