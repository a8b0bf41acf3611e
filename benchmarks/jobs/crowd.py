"""Crowd: 10,000 viewers of one hall on one server, and a seat booked each second."""

import asyncio
import statistics

from benchmarks.exchange import connect
from benchmarks.jobs.live import book_and_wait, free_seat
from benchmarks.jobs.turn import Figures, Turn, percentile
from benchmarks.machine import memory_bytes
from benchmarks.sockets import gather_audience

_EVERY_SECONDS = 1.0
_SETTLE_SECONDS = 2.0


async def measure(turn: Turn) -> Figures:
    """Gather them, and measure how long after the wish each viewer has each frame."""
    memory = memory_bytes(turn.running.pid)
    payload = turn.dialect.subscription(turn.world.arena)
    audience, viewers = await gather_audience(turn.port, turn.sizes.crowd, payload)
    await asyncio.sleep(_SETTLE_SECONDS)
    memory = memory_bytes(turn.running.pid) - memory
    booker, delays, last, missed = await connect(turn.port), list[float](), list[float](), 0
    meter = turn.meter()
    for number in range(turn.sizes.crowd_changes):
        pause = asyncio.create_task(asyncio.sleep(_EVERY_SECONDS))
        arrivals = await book_and_wait(turn, audience, booker, len(viewers), free_seat(number))
        missed += arrivals is None
        delays += arrivals or []
        last += [max(arrivals)] if arrivals else []
        await pause
    spent = meter.stop()
    for one in (*viewers, booker):
        one.close()
    return {
        "p50_ms": percentile(delays, 0.5),
        "p99_ms": percentile(delays, 0.99),
        "last_p50_ms": statistics.median(last) * 1e3 if last else 0.0,
        "kb_a_viewer": memory / len(viewers) / 1e3,
        "viewers": len(viewers),
        "viewers_closed": len(audience.lost),
        "failed": missed + len(audience.lost),
        "server_cores": spent.server_seconds / spent.wall_seconds,
        "load_cores": spent.load_cores,
        "foreign_cores": spent.foreign_cores,
    }
