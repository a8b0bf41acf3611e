"""The server processes: real ones, killed without warning and started again."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.simulation.wire import Wire

# Short, so that abandoned seats come back while somebody watches.
RESERVATION_SECONDS = 6
RESERVATION_MAX_SECONDS = 12
SKEW_SECONDS = 600.0
_STOP_SECONDS = 15.0


@dataclass(slots=True)
class Node:
    """One server, on one port for all its lives."""

    name: str
    wire: Wire
    environment: Mapping[str, str]
    log: Path
    skew_seconds: float = 0.0
    ended_by_itself: int = 0
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start a process; it takes requests some time later."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bigcat_graphql.simulation.node_process"),
                *(str(self.skew_seconds), str(self.wire.port)),
                env=self.environment,
                # Held open for as long as we live.
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                # Ctrl-C is for us alone: we end our processes ourselves.
                start_new_session=True,
            )

    async def kill(self) -> None:
        """End the process by SIGKILL, and start another at once, as an init system would.

        A node whose clock is wrong comes back wrong the other way.
        """
        await self._end(signal.SIGKILL)
        self.wire.close()
        self.skew_seconds = -self.skew_seconds
        await self.start()

    async def stop(self) -> None:
        """End the process in good order."""
        try:
            await asyncio.wait_for(self._end(signal.SIGTERM), _STOP_SECONDS)
        except TimeoutError:
            await self._end(signal.SIGKILL)
        self._process = None
        self.wire.close()

    async def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.returncode is not None:
            self.ended_by_itself += 1
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
        await self._process.wait()


@asynccontextmanager
async def run_nodes(
    url: DatabaseUrl,
    logs: Path,
    settings: Mapping[str, str] = MappingProxyType({}),
    *,
    skew: bool = True,
) -> AsyncIterator[list[Node]]:
    """Run two servers on one database, one of them on a clock ten minutes off unless told so."""
    environment = {**_environment(url), **settings}
    nodes = [
        Node(name, Wire(port), environment, logs / f"{name}.log", skew_seconds=skew)
        for name, port, skew in zip(
            ("server-1", "server-2"), _free_ports(2), (0.0, SKEW_SECONDS * skew), strict=True
        )
    ]
    try:
        for node in nodes:
            await node.start()
        yield nodes
    finally:
        await asyncio.gather(*(node.stop() for node in nodes))


def _environment(url: DatabaseUrl) -> dict[str, str]:
    """Give what servers are told; what the caller's own bigcat is told does not concern them."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BIGCAT_") and name not in {"DATABASE_URL", "HOST", "PORT"}
    }
    return own | {
        "DATABASE_URL": str(url),
        "BIGCAT_SECRET_KEY": secrets.token_urlsafe(32),
        # A token of one clock is read by the other, up to twice the skew apart.
        "BIGCAT_ACCESS_TOKEN_SECONDS": str(24 * 3600),
        "BIGCAT_RESERVATION_SECONDS": str(RESERVATION_SECONDS),
        "BIGCAT_RESERVATION_MAX_SECONDS": str(RESERVATION_MAX_SECONDS),
        "BIGCAT_LOG_LEVEL": "warning",
        "BIGCAT_LOG_FORMAT": "json",
    }


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
