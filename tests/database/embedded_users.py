"""Processes that use an embedded server, so that tests can kill them."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg
import pytest

from bigcat_graphql.database import DatabaseUrl, connect
from bigcat_graphql.database.embedded import locks

_USE = """
import json, signal, sys
from pathlib import Path
from bigcat_graphql.database.embedded import EmbeddedRefused, start_embedded

# Who runs the tests in the background may have told them, and so us, to ignore these.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
try:
    server = start_embedded(Path(sys.argv[1]), durable=sys.argv[2] == "durable")
except EmbeddedRefused as error:
    print(json.dumps({"refused": str(error)}), flush=True)
    sys.exit(3)
print(json.dumps({"url": str(server.url())}), flush=True)
with server:
    sys.stdin.read()
"""
_PATIENCE_SECONDS = 60


class User:
    """Another process that holds a lease; leaving the block ends it."""

    def __init__(
        self,
        root: Path,
        *,
        durable: bool = False,
        python: str = sys.executable,
        before: tuple[str, ...] = (),
        **environment: str,
    ) -> None:
        self.root = root
        word = "durable" if durable else "test"
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [*before, python, "-W", "error", "-c", _USE, str(root), word],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"HOME": "/nonexistent"} | environment,
            cwd=Path(__file__).parents[2],
        )
        self._told: dict[str, str] | None = None

    @property
    def told(self) -> dict[str, str]:
        if self._told is None:
            assert self.process.stdout is not None
            self._told = json.loads(self.process.stdout.readline())
        return self._told

    @property
    def url(self) -> DatabaseUrl:
        return DatabaseUrl.parse(self.told["url"])

    @property
    def refused(self) -> str:
        return self.told["refused"]

    def end(self, by: int = signal.SIGTERM) -> None:
        self.process.send_signal(by)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def leave(self, *, code: int = 0) -> None:
        """Let the process end by itself."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        assert self.process.wait() == code
        self.process.stdout.close()

    def __enter__(self) -> Self:
        assert "url" in self.told, self.told
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()


def as_stranger(uid: int) -> dict[str, Any]:
    """Arguments that make a `User` of an ordinary account, which may not read our home."""
    if os.geteuid() != 0:
        pytest.skip("only root can become others")
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    packages = sysconfig.get_path("purelib")
    for python, path in ((sys.executable, ""), (system, packages)):
        arguments = {"python": python, "PYTHONPATH": path}
        if _runs_for(uid, python, path):
            before = ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
            return {"before": before, **arguments}
    return pytest.skip("no Python here that an ordinary user may run")


def _runs_for(uid: int, python: str, path: str) -> bool:
    try:
        tried = subprocess.run(  # noqa: S603 - our own words
            [python, "-c", "import bigcat_graphql.database"],
            user=uid,
            group=uid,
            extra_groups=[],
            env={"PYTHONPATH": path},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return tried.returncode == 0


async def ask(url: DatabaseUrl, sql: str) -> str:
    connection = await connect(url)
    try:
        return str(await connection.fetchval(sql))
    finally:
        await connection.close()


async def ask_until_answered(url: DatabaseUrl, sql: str) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return await ask(url, sql)
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_until_stopped(root: Path) -> None:
    wait_until(lambda: not locks.is_held(root / "keeper.lock"))


def find_processes(*words: str | Path) -> list[int]:
    """The processes with all of these in their command lines, but this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ")
        except OSError:
            continue
        pid = int(entry.parent.name)
        if pid != os.getpid() and all(os.fsencode(word) in line for word in words):
            found.append(pid)
    return found


def keeper_of(root: Path) -> int:
    return find_processes("runpy.run_module", root)[0]


def postmaster_of(root: Path) -> int:
    pid_file = next(root.glob("data*/postmaster.pid"))
    return int(pid_file.read_text().split()[0])


def log_of(root: Path) -> str:
    return (root / "postgres.log").read_text()
