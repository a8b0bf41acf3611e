"""A PostgreSQL of the simulation's own, and the ways to kill it."""

import os
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.database.embedded import EmbeddedServer, start_embedded

ALL, FIRST, SESSION = "PostgreSQL", "PostgreSQL's first process", "a session of PostgreSQL"
VICTIMS = (ALL, FIRST, SESSION)


class NotOurs(Exception):
    """The process of this number is not the server that was started here."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """The server and its directory."""

    server: EmbeddedServer
    root: Path

    @property
    def url(self) -> DatabaseUrl:
        """Say where it is."""
        return self.server.url()

    def kill(self, what: str, dice: random.Random) -> None:
        """Kill all its processes, or only the first, or one session, by SIGKILL.

        Raises:
            NotOurs: it is gone, and its number is somebody else's.
        """
        first = self._first_process()
        children = _children_of(first)
        sessions = [pid for pid in children if b"[local]" in _read(pid, "cmdline")]
        doomed = {
            ALL: [first, *children],
            FIRST: [first],
            SESSION: [dice.choice(sessions)] if sessions else [],
        }[what]
        for pid in doomed:
            with suppress(ProcessLookupError):  # a session may end by itself meanwhile
                os.kill(pid, signal.SIGKILL)

    def count_deadlocks(self) -> int:
        """Count them in the log: a PostgreSQL that crashes forgets its statistics."""
        log = self.root / "postgres.log"
        return log.read_text(errors="replace").count("deadlock detected") if log.exists() else 0

    def _first_process(self) -> int:
        [pid_file] = self.root.glob("data*/postmaster.pid")
        pid = int(pid_file.read_text().split()[0])
        command = _read(pid, "cmdline")
        if command and os.fsencode(self.root) not in command:
            raise NotOurs(pid)
        return pid


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Run one in a directory that is gone afterwards; durable, for crashes are what is tested."""
    directory = Path(tempfile.mkdtemp(prefix="bigcat-onsale-"))
    if os.geteuid() == 0:
        directory.chmod(0o755)  # root's PostgreSQL runs as somebody else, who must get through
    try:
        with start_embedded(directory) as server:
            yield Postgres(server, directory)
        server.wait_stopped()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _children_of(pid: int) -> list[int]:
    """List a process's children, where the system tells (Linux)."""
    return [int(word) for word in _read(pid, f"task/{pid}/children").split()]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
