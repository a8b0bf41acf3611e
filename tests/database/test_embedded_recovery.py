"""Starting again after the worst: what was committed is there, and no bystander is hurt."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bigcat_graphql.database.embedded import EmbeddedRefused, start_embedded
from bigcat_graphql.database.embedded.account import find_account
from bigcat_graphql.database.embedded.binaries import find_binaries, reach_binaries
from tests.database.embedded_users import (
    User,
    ask,
    find_processes,
    keeper_of,
    log_of,
    postmaster_of,
    wait_until,
)

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="finds processes by /proc"
)


def _crash(root: Path) -> None:
    """Commit a row, then end user, keeper and server as a power cut would."""
    user = User(root, durable=True)
    asyncio.run(ask(user.url, "CREATE TABLE kept AS SELECT 7 AS n"))
    server, keeper = postmaster_of(root), keeper_of(root)
    # Stopped first, so that the keeper cannot bring the server back.
    os.kill(keeper, signal.SIGSTOP)
    os.kill(server, signal.SIGKILL)
    os.kill(keeper, signal.SIGKILL)
    user.end(signal.SIGKILL)
    wait_until(lambda: not find_processes(root))


def _kept(root: Path) -> str:
    with User(root, durable=True) as user:
        return asyncio.run(ask(user.url, "SELECT n FROM kept"))


@contextmanager
def _bystander() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["/bin/sleep", "600"]) as process:
        try:
            yield process
        finally:
            process.kill()


def test_what_was_committed_survives_a_crash_of_everything(root: Path) -> None:
    _crash(root)
    assert _kept(root) == "7"
    assert "not properly shut down" in log_of(root)


def test_a_stale_pid_that_is_now_a_bystanders_blocks_nothing(root: Path) -> None:
    _crash(root)
    with _bystander() as process:
        pid_file = next(root.glob("data*/postmaster.pid"))
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(process.pid), *lines[1:]]) + "\n")
        assert _kept(root) == "7"
        assert process.poll() is None


@pytest.mark.parametrize("damage", [b"", b"12", b"garbage\0\xff\n", b"\n\n"])
def test_a_damaged_pid_file_blocks_nothing(root: Path, damage: bytes) -> None:
    _crash(root)
    next(root.glob("data*/postmaster.pid")).write_bytes(damage)
    assert _kept(root) == "7"


def test_an_orphaned_server_is_stopped_and_not_doubled(root: Path) -> None:
    with User(root, durable=True) as user:
        asyncio.run(ask(user.url, "CREATE TABLE kept AS SELECT 7 AS n"))
    wait_until(lambda: not find_processes(root))
    cluster, account = next(root.glob("data*")), find_account()
    # Where the kernel has no parent-death signal, a killed keeper leaves such a one.
    postgres = reach_binaries(find_binaries(), account, root) / "postgres"
    orphan = subprocess.Popen(  # noqa: S603 - PostgreSQL
        [
            postgres,
            "-D",
            str(cluster),
            "-clisten_addresses=",
            f"-cunix_socket_directories={cluster}",
        ],
        stderr=subprocess.DEVNULL,
        **account.spawn_options(),
    )
    wait_until((cluster / "postmaster.pid").exists)
    assert _kept(root) == "7"
    assert orphan.wait() == 0


def test_a_killed_initdb_never_looks_like_a_cluster(root: Path) -> None:
    user = User(root, durable=True)
    wait_until(lambda: any(root.glob("data-draft-*/base")))
    for process in find_processes(root):
        os.kill(process, signal.SIGKILL)
    user.end(signal.SIGKILL)
    wait_until(lambda: not find_processes(root))
    assert not list(root.glob("data??"))
    with User(root, durable=True) as second:
        assert asyncio.run(ask(second.url, "SELECT current_database()")) == "bigcat"
    assert not list(root.glob("data-draft-*"))


def test_a_server_that_recovers_is_waited_for(root: Path) -> None:
    with User(root, durable=True) as user:
        server = postmaster_of(root)
        os.kill(server, signal.SIGSTOP)
        late = User(root, durable=True)
        asyncio.run(asyncio.sleep(0.3))
        os.kill(server, signal.SIGCONT)
        assert late.url == user.url
        late.end()


@pytest.mark.parametrize(
    "break_it",
    [
        lambda root: (next(root.glob("data*")) / "postgresql.conf").write_text("nonsense = 1\n"),
        lambda root: (next(root.glob("data*")) / "global" / "pg_control").unlink(),
    ],
)
def test_a_server_that_cannot_start_says_why(
    root: Path, break_it: Callable[[Path], object]
) -> None:
    with User(root):
        pass
    wait_until(lambda: not find_processes(root))
    break_it(root)
    with pytest.raises(EmbeddedRefused, match=r"(?s)did not start:.*(nonsense|pg_control)"):
        start_embedded(root, durable=False)
