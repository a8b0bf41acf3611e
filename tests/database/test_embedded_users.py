"""The server lives as long as somebody uses it, whatever happens to whom."""

import asyncio
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bigcat_graphql.database.embedded import start_embedded
from tests.database.embedded_users import (
    User,
    ask,
    ask_until_answered,
    find_processes,
    keeper_of,
    log_of,
    postmaster_of,
    wait_until,
    wait_until_stopped,
)

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="finds processes by /proc"
)

_UNCLEAN = "not properly shut down"


def test_a_first_start_brings_the_database_bigcat(root: Path) -> None:
    with User(root) as user:
        assert asyncio.run(ask(user.url, "SELECT current_database()")) == "bigcat"
    wait_until_stopped(root)


def test_the_server_listens_for_its_own_account_alone(root: Path) -> None:
    with User(root) as user:
        sockets = Path(user.url.host)
        assert asyncio.run(ask(user.url, "SHOW listen_addresses")) == ""
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert next(root.glob("data*")).stat().st_mode & 0o777 == 0o700
        assert all((root / lock).stat().st_mode & 0o077 == 0 for lock in ("lease", "start.lock"))


def test_letters_beyond_ascii_are_letters(root: Path) -> None:
    with User(root) as user:
        assert asyncio.run(ask(user.url, "SELECT lower('ÉДΩ')")) == "éдω"
        asyncio.run(ask(user.url, "CREATE EXTENSION pg_trgm"))
        assert asyncio.run(ask(user.url, "SELECT cardinality(show_trgm('Концерт'))")) == "8"


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_however_its_user_dies_the_server_stops_cleanly(root: Path, by: int) -> None:
    user = User(root)
    assert "url" in user.told
    user.end(by)
    wait_until_stopped(root)
    assert "database system is shut down" in log_of(root)
    assert not (root / "server.json").exists()


def test_the_server_stays_for_whoever_still_uses_it(root: Path) -> None:
    with User(root) as first:
        with User(root) as second:
            assert second.url == first.url
        asyncio.run(asyncio.sleep(0.5))
        assert asyncio.run(ask(first.url, "SELECT 1")) == "1"


def test_three_that_start_at_once_share_one_new_server(root: Path) -> None:
    users = [User(root) for _ in range(3)]
    assert len({user.url for user in users}) == 1
    assert log_of(root).count("ready to accept connections") == 1
    for user in users:
        user.end()


def test_coming_and_going_never_meets_a_dying_server(root: Path) -> None:
    def come_and_go(_number: int) -> None:
        for _ in range(4):
            with start_embedded(root, durable=False) as server:
                assert asyncio.run(ask(server.url(), "SELECT 1")) == "1"

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(come_and_go, range(6)))
    wait_until_stopped(root)


def test_a_closed_lease_lets_the_server_stop(root: Path) -> None:
    server = start_embedded(root, durable=False)
    assert not server.wait_stopped(within_seconds=0.3)
    server.close()
    server.close()
    assert server.wait_stopped()


def test_the_last_to_leave_sees_the_server_stop(root: Path) -> None:
    with start_embedded(root, durable=False):
        with start_embedded(root, durable=False):
            pass
        assert find_processes(root)
    assert not find_processes(root)


def test_a_killed_keeper_takes_the_server_along_and_the_next_start_finds_the_rows(
    root: Path,
) -> None:
    with User(root, durable=True) as user:
        asyncio.run(ask(user.url, "CREATE TABLE kept AS SELECT 7 AS n"))
        os.kill(keeper_of(root), signal.SIGKILL)
        wait_until(lambda: not find_processes("postgres", next(root.glob("data*"))))
        with User(root, durable=True) as other:
            assert asyncio.run(ask(other.url, "SELECT n FROM kept")) == "7"


def test_a_killed_server_comes_back_for_those_who_use_it(root: Path) -> None:
    with User(root, durable=True) as user:
        asyncio.run(ask(user.url, "CREATE TABLE kept AS SELECT 7 AS n"))
        killed = postmaster_of(root)
        os.kill(killed, signal.SIGKILL)
        assert asyncio.run(ask_until_answered(user.url, "SELECT n FROM kept")) == "7"
        assert postmaster_of(root) != killed


def test_a_keeper_told_to_end_stops_the_server_cleanly(root: Path) -> None:
    with User(root):
        os.kill(keeper_of(root), signal.SIGTERM)
        wait_until_stopped(root)
        assert "database system is shut down" in log_of(root)


def test_a_directory_removed_under_a_running_server_is_free_for_another(root: Path) -> None:
    with User(root):
        first = keeper_of(root)
        wait_until(lambda: _is_removed(root))
        with User(root) as second:
            wait_until(lambda: first not in find_processes(root))
            assert asyncio.run(ask(second.url, "SELECT current_database()")) == "bigcat"
            assert log_of(root).count("ready to accept connections") == 1


def _is_removed(root: Path) -> bool:
    # The server, too, removes what is its own.
    shutil.rmtree(root, ignore_errors=True)
    return not root.exists()


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="makes a process 1, as root"
)
def test_process_1_stops_the_server_before_the_kernel_kills_it(root: Path) -> None:
    alone = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
    user = User(root, before=alone, durable=True)
    assert "url" in user.told
    user.leave()
    assert "database system is shut down" in log_of(root)
    with User(root, durable=True):
        assert _UNCLEAN not in log_of(root)
