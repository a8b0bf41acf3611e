"""Sleeper: one of 1,001 viewers stops reading for a minute; what that costs server and others."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.exchange import Exchange, connect
from benchmarks.jobs.live import book_and_wait, free_seat
from benchmarks.jobs.turn import Figures, Turn, percentile
from benchmarks.machine import memory_bytes
from benchmarks.sockets import Audience, Viewer, gather_audience
from bigcat_graphql.schema.ids import write_id

# The sleeper does its worst: as many subscriptions as a socket may have, each of many bytes, and
# hardly any room on its own side of the line.
_SUBSCRIPTIONS = 100
_ROOM_BYTES = 4_096
_ALIASES = " ".join(f"a{number}: epoch" for number in range(14))
_WATCH = """subscription Watch($id: ID!) { seatAvailability(concertId: $id) { __typename
    ... on SeatAvailabilitySnapshot { statuses }
    ... on SeatAvailabilityDelta { indexes statuses %s } } }"""
_PAUSE_SECONDS = 0.15
_PAGE = 4_096


class _Others:
    """Those who read on, and what they see."""

    def __init__(self, turn: Turn, audience: Audience, booker: Exchange) -> None:
        self._turn, self._audience, self._booker = turn, audience, booker
        self._seats = 0
        self.missed = 0

    async def watch(self, seconds: float) -> list[float]:
        """Book seats one by one for a while; give each viewer's delay of each frame."""
        delays, until = list[float](), time.perf_counter() + seconds
        while time.perf_counter() < until:
            seat, count = free_seat(self._seats), self._turn.sizes.viewers
            arrivals = await book_and_wait(self._turn, self._audience, self._booker, count, seat)
            self._seats += 1
            self.missed += arrivals is None
            delays += arrivals or []
            await asyncio.sleep(_PAUSE_SECONDS)
        return delays


async def measure(turn: Turn) -> Figures:
    """Let the others see changes while the sleeper reads, while it sleeps, and once it is awake."""
    payload = turn.dialect.subscription(turn.world.arena)
    audience, viewers = await gather_audience(turn.port, turn.sizes.viewers, payload)
    booker = await connect(turn.port)
    others, seconds = _Others(turn, audience, booker), turn.sizes.sleep_seconds
    async with _sleeper(turn) as (sleeper, its_frames):
        await others.watch(turn.sizes.warm_seconds)
        awake = await others.watch(seconds / 2)
        before = _Memory.read(turn)
        sleeper.fall_asleep()
        asleep = await others.watch(seconds)
        grown = _Memory.read(turn).beyond(before)
        sleeper.wake_up()
        after = await others.watch(seconds / 4)
        closed = len(its_frames.lost)
    for one in (*viewers, booker):
        one.close()
    calm = percentile([*awake, *after], 0.99)
    return {
        "p99_ratio": percentile(asleep, 0.99) / calm if calm else 0.0,
        "p99_awake_ms": calm,
        "p99_asleep_ms": percentile(asleep, 0.99),
        **grown,
        "closed": closed,
        "failed": others.missed + len(audience.lost),
    }


@dataclass(frozen=True, slots=True)
class _Memory:
    """The server's memory, and what the kernel keeps for all of the machine's sockets."""

    server_bytes: int
    kernel_bytes: int

    @classmethod
    def read(cls, turn: Turn) -> "_Memory":
        """Look now."""
        sockets = Path("/proc/net/sockstat").read_text()
        pages = int(sockets.partition("TCP: ")[2].split("mem ")[1].split()[0])
        return cls(memory_bytes(turn.running.pid), pages * _PAGE)

    def beyond(self, before: "_Memory") -> Figures:
        """Say what came since."""
        return {
            "server_mb": (self.server_bytes - before.server_bytes) / 1e6,
            "kernel_mb": (self.kernel_bytes - before.kernel_bytes) / 1e6,
        }


@asynccontextmanager
async def _sleeper(turn: Turn) -> AsyncIterator[tuple[Viewer, Audience]]:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM_BYTES)
    line.setblocking(False)
    loop, audience = asyncio.get_running_loop(), Audience()
    await loop.sock_connect(line, ("127.0.0.1", turn.port))
    variables = {"id": write_id("Concert", turn.world.arena)}
    payload = {"query": _WATCH % _ALIASES, "variables": variables}
    _, viewer = await loop.create_connection(
        lambda: Viewer(audience, payload, _SUBSCRIPTIONS), sock=line
    )
    await viewer.ready
    try:
        yield viewer, audience
    finally:
        viewer.close()
