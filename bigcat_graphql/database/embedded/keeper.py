"""The process between users and server: the server's parent, which ends with its last user."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from bigcat_graphql.database.embedded import locks
from bigcat_graphql.database.embedded.account import EmbeddedRefused, find_account
from bigcat_graphql.database.embedded.binaries import reach_binaries
from bigcat_graphql.database.embedded.cluster import find_cluster
from bigcat_graphql.database.embedded.postmaster import Postmaster
from bigcat_graphql.database.embedded.socket_place import make_socket_directory

_POLL_SECONDS = 0.1
# A server that is killed comes back; one that dies again and again has a reason to.
_RESTARTS = 5
_RESTART_WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a user process asks a keeper for; travels as JSON."""

    root: str
    binaries: str
    durable: bool
    start_seconds: float
    settings: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Write it for the command line."""
        return json.dumps(asdict(self))


@dataclass(slots=True)
class _Wish:
    """Set by a signal: somebody wants the keeper to end, users or not."""

    to_end: bool = False

    def note(self, _signal: int, _frame: FrameType | None) -> None:
        self.to_end = True


def keep(order: Order) -> None:
    """Start the server, tell so on standard output, and stop it when nobody uses it any more."""
    root = Path(order.root)
    wish = _Wish()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, wish.note)
    # A predecessor may still be stopping its server: this waits for it.
    with locks.exclusive(root / "keeper.lock") as lock:
        # Somebody may remove the whole directory, and somebody else make it anew: that one is then
        # another keeper's, and two would stop each other's servers for ever.
        is_ours = partial(locks.is_at, lock, root / "keeper.lock")
        try:
            postmaster = _start(order, root, is_ours)
        except (EmbeddedRefused, OSError) as error:
            _tell({"refused": str(error)})
            return
        note = root / "server.json"
        _write_whole(note, json.dumps({"sockets": str(postmaster.sockets)}))
        _tell({"sockets": str(postmaster.sockets)})
        _leave_terminal()
        try:
            _watch(root, postmaster, order, lambda: is_ours() and not wish.to_end)
        finally:
            if is_ours():
                note.unlink(missing_ok=True)
            postmaster.stop()


def _start(order: Order, root: Path, is_ours: Callable[[], bool]) -> Postmaster:
    if not is_ours():
        raise EmbeddedRefused(f"{root} was removed meanwhile")
    account = find_account()
    account.check_reaches(root)
    binaries = reach_binaries(Path(order.binaries), account, root)
    postmaster = Postmaster(
        binaries,
        find_cluster(root, binaries, account, durable=order.durable),
        make_socket_directory(root, account),
        account,
        durable=order.durable,
        settings=order.settings,
    )
    postmaster.start(within_seconds=order.start_seconds)
    return postmaster


def _tell(fact: dict[str, str]) -> None:
    # Whoever asked may have died meanwhile; then nobody holds the lease, and the watch ends.
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(fact) + "\n")
        sys.stdout.flush()


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(path)


def _leave_terminal() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _watch(root: Path, postmaster: Postmaster, order: Order, stays: Callable[[], bool]) -> None:
    """Return when the last user is gone, the server stays dead, or the keeper is to end."""
    # Users hold this lock shared. Held here to the end of the process, so that a newcomer waits
    # until the old server has stopped.
    lease = locks.open_lock(root / "lease")
    may_restart = _restart_budget()
    while stays() and not locks.take_if_free(lease):
        if not postmaster.runs:
            if not may_restart():
                return
            try:
                postmaster.start(within_seconds=order.start_seconds)
            except EmbeddedRefused:
                # Its children may still hold the shared memory: the next round tries again.
                time.sleep(_POLL_SECONDS)
        time.sleep(_POLL_SECONDS)


def _restart_budget() -> Callable[[], bool]:
    restarts: list[float] = []

    def may_restart() -> bool:
        now = time.monotonic()
        restarts[:] = [at for at in restarts if now - at < _RESTART_WINDOW_SECONDS]
        restarts.append(now)
        return len(restarts) <= _RESTARTS

    return may_restart


if __name__ == "__main__":
    keep(Order(**json.loads(sys.argv[1])))
