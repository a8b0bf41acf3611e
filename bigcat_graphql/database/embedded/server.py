"""What a process that wants a database holds: a lease on the server of its data directory."""

# ruff: noqa: S603 - the programs are PostgreSQL's, the words our own

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import bigcat_graphql
from bigcat_graphql.database.embedded import locks
from bigcat_graphql.database.embedded.account import EmbeddedRefused
from bigcat_graphql.database.embedded.binaries import find_binaries
from bigcat_graphql.database.embedded.cluster import DATABASE, SUPERUSER
from bigcat_graphql.database.embedded.keeper import Order
from bigcat_graphql.database.embedded.socket_place import PORT, answers
from bigcat_graphql.database.url import DatabaseUrl
from bigcat_graphql.settings import get_settings

# Recovery after a crash replays the log: minutes are possible, and giving up would not help.
_START_SECONDS = 120.0
_POLL_SECONDS = 0.02

# The parent packages are stubbed: they would load the ORM, 60 MB and a second, into a process that
# only waits.
_KEEPER = """
import runpy, sys, types
package, path = "", sys.argv.pop(1)
for name in ("bigcat_graphql", "database", "embedded"):
    package, path = f"{package}.{name}".lstrip("."), path if not package else f"{path}/{name}"
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = [path]
runpy.run_module("bigcat_graphql.database.embedded.keeper", run_name="__main__")
"""


class EmbeddedServer:
    """A running server; it stops soon after the last process that holds one of these."""

    def __init__(self, root: Path, lease: int, sockets: Path, keeper: int | None) -> None:
        self.root = root
        self._lease: int | None = lease
        self._sockets = sockets
        self._keeper = keeper

    def url(self, database: str = DATABASE) -> DatabaseUrl:
        """Say where it is."""
        return DatabaseUrl(host=str(self._sockets), port=PORT, user=SUPERUSER, database=database)

    def close(self) -> None:
        """Give the lease back; closing twice is harmless."""
        if self._lease is not None:
            os.close(self._lease)
            self._lease = None

    def wait_stopped(self, *, within_seconds: float = 30.0) -> bool:
        """Wait until the server has stopped, and tell whether it has."""
        deadline = time.monotonic() + within_seconds
        while locks.is_held(self.root / "keeper.lock"):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        if self._keeper is not None:
            # Ours to bury: process 1 of a container often buries nobody.
            with suppress(ChildProcessError):
                os.waitpid(self._keeper, 0)
            self._keeper = None
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        # The last to leave sees the server stop: when process 1 of a container ends, the kernel
        # kills everybody else in it.
        if not locks.is_shared(self.root / "lease"):
            self.wait_stopped()


def start_embedded(
    data_dir: Path | None = None,
    *,
    durable: bool = True,
    settings: Mapping[str, str] | None = None,
    start_seconds: float = _START_SECONDS,
) -> EmbeddedServer:
    """Start the server of a data directory, or join it; blocks until it takes sessions.

    `settings` are PostgreSQL's own, and hold only where this call is the one that starts it. Not
    durable means: the data does not survive a crash of the machine, for tests.

    Raises:
        EmbeddedRefused: PostgreSQL cannot run here.
    """
    root = _make_root(data_dir or get_settings().data_dir or _default_root())
    # Before anything else: from here on no keeper stops the server. Waits for one that is at it.
    lease = locks.share(root / "lease")
    try:
        with locks.exclusive(root / "start.lock"):
            keeper, sockets = None, _join(root, start_seconds)
            if sockets is None:
                order = Order(
                    root=str(root),
                    binaries=str(find_binaries(get_settings().pg_bin)),
                    durable=durable,
                    start_seconds=start_seconds,
                    settings=dict(settings or {}),
                )
                keeper, sockets = _spawn_keeper(order)
    except BaseException:
        os.close(lease)
        raise
    return EmbeddedServer(root, lease, sockets, keeper)


def _default_root() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/bigcat")
    try:
        given = os.environ.get("XDG_DATA_HOME")
        return Path(given or Path.home() / ".local" / "share") / "bigcat"
    except RuntimeError:
        raise EmbeddedRefused("this user has no home directory: set BIGCAT_DATA_DIR") from None


def _make_root(path: Path) -> Path:
    root = path.expanduser().absolute()
    missing = [place for place in (root, *root.parents) if not place.exists()]
    try:
        root.mkdir(parents=True, exist_ok=True)
        # Root's server runs as somebody else, who must pass through what we made, whatever our
        # umask, and through the data directory itself; what lies above is left alone.
        mode = 0o755 if os.geteuid() == 0 else 0o700
        for place in missing:
            place.chmod(mode)
        if os.geteuid() == 0:
            root.chmod(root.stat().st_mode | 0o011)
    except OSError as error:
        raise EmbeddedRefused(f"BIGCAT_DATA_DIR: {error}") from error
    return root


def _join(root: Path, within_seconds: float) -> Path | None:
    """Find the server that a living keeper keeps, waiting while it restarts; None without one."""
    deadline = time.monotonic() + within_seconds
    while locks.is_held(root / "keeper.lock"):
        try:
            sockets = Path(json.loads((root / "server.json").read_text())["sockets"])
        except (OSError, ValueError):
            sockets = None
        if sockets is not None and answers(sockets):
            return sockets
        if time.monotonic() > deadline:
            raise EmbeddedRefused(f"the server of {root} does not answer, see its postgres.log")
        time.sleep(_POLL_SECONDS)
    return None


def _spawn_keeper(order: Order) -> tuple[int, Path]:
    package = Path(bigcat_graphql.__file__).parent
    # -I and -S: the keeper needs the standard library alone, and must not read the environment.
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _KEEPER, str(package), order.to_json()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
    )
    assert keeper.stdout is not None  # noqa: S101 - tells mypy what PIPE means
    with keeper.stdout as pipe:
        told = json.loads(pipe.readline() or b'{"refused": "its keeper died"}')
    if "refused" in told:
        keeper.wait()
        raise EmbeddedRefused(told["refused"])
    # It may outlive us on purpose: Popen need not warn of a child left running.
    keeper.returncode = 0
    return keeper.pid, Path(told["sockets"])
