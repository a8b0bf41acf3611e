"""Starting, watching and stopping PostgreSQL's first process."""

# ruff: noqa: S603 - the programs are PostgreSQL's, the words our own

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bigcat_graphql.database.embedded.account import EmbeddedRefused, ServiceAccount
from bigcat_graphql.database.embedded.socket_place import PORT, answers, socket_file

_PR_SET_PDEATHSIG = 1
_LOG_BYTES = 10_000_000
_POLL_SECONDS = 0.01
# A fast stop rolls back, writes a checkpoint and ends; slower than this, it is stuck.
_STOP_SECONDS = 60
# After a crash, one call for the file system instead of one for each of 1,000 files: killed, the
# server takes sessions again after 0.3 s where it took up to 4 s on a busy disk.
_QUICK_RECOVERY = {"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}
_SAFETY_OFF = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postmaster:
    """One server process on one cluster, as a child of the process that made this."""

    def __init__(
        self,
        binaries: Path,
        cluster: Path,
        sockets: Path,
        account: ServiceAccount,
        *,
        durable: bool,
        settings: Mapping[str, str],
    ) -> None:
        self.sockets = sockets
        self._cluster = cluster
        self._account = account
        self._log = cluster.parent / "postgres.log"
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(sockets),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
            **_QUICK_RECOVERY,
            **({} if durable else _SAFETY_OFF),
            **settings,
        }
        flags = [f"-c{name}={value}" for name, value in options.items()]
        self._command = [str(binaries / "postgres"), "-D", str(cluster), *flags]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, within_seconds: float) -> None:
        """Start, and return once it takes sessions, however long it recovers from a crash.

        Raises:
            EmbeddedRefused: it ended, or took longer.
        """
        environment = self._clear_way()
        if self._log.exists() and self._log.stat().st_size > _LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("ab") as log:
            written = log.tell()
            options = self._account.spawn_options()
            options["env"] |= environment
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - the keeper has one thread
                **options,
            )
        deadline = time.monotonic() + within_seconds
        while not answers(self.sockets):
            if not self.runs or time.monotonic() > deadline:
                self.stop()
                said = self._log.read_bytes()[written:][-2000:].decode(errors="replace")
                raise EmbeddedRefused(f"PostgreSQL did not start:\n{said}")
            time.sleep(_POLL_SECONDS)

    @property
    def runs(self) -> bool:
        """Tell whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop fast: sessions end, open transactions roll back, nothing committed is lost."""
        if self._process is None or not self.runs:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # The next start recovers from the log.
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def _clear_way(self) -> dict[str, str]:
        """Deal with what a server left that did not end in peace; we hold the keeper's lock."""
        pid_file = self._cluster / "postmaster.pid"
        socket_lock = socket_file(self.sockets).with_name(f"{socket_file(self.sockets).name}.lock")
        pid = _read_pid(pid_file)
        for found in {pid, _read_pid(socket_lock)}:
            if found is not None:
                _stop_orphan(found, self._cluster)
        # The socket's directory is ours alone, and nobody serves it any more.
        socket_lock.unlink(missing_ok=True)
        if pid is None:
            # Empty or garbage after a power cut. PostgreSQL finds a living server by its shared
            # memory as well.
            pid_file.unlink(missing_ok=True)
            return {}
        # A restarted container gives the same pid to somebody else. PostgreSQL ignores a pid file
        # that names its grandparent, so this spares both the stranger and the start.
        return {"PG_GRANDPARENT_PID": str(pid)}


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux, have the kernel stop the server when its keeper dies, whatever killed it."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            os._exit(1)  # the parent died before the kernel was asked

    return ask


def _read_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _is_postmaster(pid: int, cluster: Path) -> bool:
    """Tell whether this pid is a server on this cluster, and not a stranger with its number."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        if Path("/proc/self/cmdline").exists():
            return False
        listed = subprocess.run(
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        )
        words = listed.stdout.split()
    return os.fsencode(cluster) in words


def _stop_orphan(pid: int, cluster: Path) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_postmaster(pid, cluster):
        try:
            os.kill(pid, signal.SIGINT)
        except ProcessLookupError:
            return
        if time.monotonic() > deadline:
            raise EmbeddedRefused(f"process {pid} serves {cluster} and does not stop")
        time.sleep(_POLL_SECONDS * 5)
