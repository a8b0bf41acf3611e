"""Several server processes on one address, and the process that looks after them.

Each is a process of its own making, not a fork: nothing is shared but the address and a secret. It
is in a session of its own as well, so that Ctrl-C, which a terminal sends to a whole group, reaches
it once, from here, and in order.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import structlog

_log = structlog.get_logger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
READY = b"1"
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
# When nobody serves any more and starting fails so often, somebody must be told.
_FAILURES_MAX = 5
# What a worker may take beyond the time that it grants its requests.
_GRACE_SECONDS = 10.0


class WorkersFailed(Exception):
    """The server processes end as soon as they start; each has said why."""


@dataclass(eq=False, slots=True)
class _Worker:
    number: int
    listener: socket.socket
    process: subprocess.Popen[bytes] | None = None
    is_ready: bool = False
    failures: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class Workers:
    """So many processes, kept alive until they are told to stop.

    `command` is run with two more arguments, file descriptors: of the socket to serve, and of a
    line to us. It writes `READY` there once it serves, and stops in good order when we are gone.
    """

    def __init__(
        self,
        command: Sequence[str],
        listeners: Sequence[socket.socket],
        *,
        environment: Mapping[str, str],
        stop_seconds: float,
    ) -> None:
        self._command = command
        self._environment = environment
        self._stop_seconds = stop_seconds + _GRACE_SECONDS
        self._workers = [_Worker(number, one) for number, one in enumerate(listeners, start=1)]
        self._have_served = False
        self._is_stopping = asyncio.Event()

    async def run(self, on_started: Callable[[], None]) -> None:
        """Start all, call `on_started` when all serve, and return when all have ended.

        Raises:
            WorkersFailed: see there.
        """
        loop = asyncio.get_running_loop()
        for one in _SIGNALS:
            loop.add_signal_handler(one, self._stop)
        keeping = [asyncio.create_task(self._keep(worker)) for worker in self._workers]
        announcing = asyncio.create_task(self._announce(on_started))
        try:
            await asyncio.gather(*keeping)
        finally:
            self._stop()
            announcing.cancel()
            await asyncio.gather(*keeping, announcing, return_exceptions=True)
            # Whoever was cancelled has not waited for its process, which is told to stop by now.
            for worker in self._workers:
                if worker.process is not None:
                    await asyncio.to_thread(worker.process.wait)
            for one in _SIGNALS:
                loop.remove_signal_handler(one)

    async def _announce(self, on_started: Callable[[], None]) -> None:
        for worker in self._workers:
            await worker.ready.wait()
        self._have_served = True
        on_started()

    async def _keep(self, worker: _Worker) -> None:
        """Run a worker again and again, until all are to stop."""
        while not self._is_stopping.is_set():
            code = await self._run_once(worker)
            if self._is_stopping.is_set():
                return
            _log.warning("worker_ended", worker=worker.number, code=code)
            self._check_hope(worker)
            pause_seconds = min(_FIRST_PAUSE_SECONDS * 2**worker.failures, _LONGEST_PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._is_stopping.wait()

    def _check_hope(self, worker: _Worker) -> None:
        worker.failures = 0 if worker.is_ready else worker.failures + 1
        worker.is_ready = False
        # At the start the first that fails is enough: somebody sits there and waits.
        most = _FAILURES_MAX if self._have_served else 1
        if worker.failures >= most and not any(other.is_ready for other in self._workers):
            raise WorkersFailed(
                "The server processes end as soon as they start; what they said is above."
            )

    async def _run_once(self, worker: _Worker) -> int:
        with ExitStack() as stack:
            ours, theirs = (stack.enter_context(end) for end in socket.socketpair())
            worker.process = self._spawn(worker, theirs)
            theirs.close()
            ours.setblocking(False)
            # The line breaks when the process ends, however it does.
            while await asyncio.get_running_loop().sock_recv(ours, 1):
                worker.is_ready = True
                worker.ready.set()
            return await asyncio.to_thread(worker.process.wait)

    def _spawn(self, worker: _Worker, line: socket.socket) -> subprocess.Popen[bytes]:
        handed_on = (worker.listener.fileno(), line.fileno())
        return subprocess.Popen(  # noqa: S603 - our own command, made of nothing that was sent
            [*self._command, *map(str, handed_on)],
            pass_fds=handed_on,
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _stop(self) -> None:
        """Have all stop; who is told twice hurries, and so do they."""
        if not self._is_stopping.is_set():
            self._is_stopping.set()
            loop = asyncio.get_running_loop()
            loop.call_later(self._stop_seconds, self._send, signal.SIGKILL)
            for worker in self._workers:
                # Theirs are open as long as they take connections.
                worker.listener.close()
        self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.process is not None:
                worker.process.send_signal(number)


def listen(host: str, port: int, *, count: int, backlog: int) -> list[socket.socket]:
    """Open one address for so many processes; `port` 0 means any free one.

    On Linux each has a queue of its own, which the kernel fills evenly: from one queue, whoever is
    awake takes them all (of 400 sockets 331 and 87, against 197 and 221). Elsewhere they share one.

    Raises:
        OSError: it is taken, or not ours.
    """
    family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    if sys.platform != "linux":
        return [socket.create_server(place, family=family, backlog=backlog)] * count
    # First without: where others would share the address with a server of somebody else, refuse.
    socket.create_server(place, family=family).close()
    listeners: list[socket.socket] = []
    for _ in range(count):
        taken = listeners[0].getsockname() if listeners else place
        listeners.append(
            socket.create_server(taken, family=family, backlog=backlog, reuse_port=True)
        )
    return listeners


async def stop_with(line: socket.socket) -> None:
    """Have this process stop in good order when the one that looks after it has gone."""
    line.setblocking(False)
    await asyncio.get_running_loop().sock_recv(line, 1)
    os.kill(os.getpid(), signal.SIGTERM)
