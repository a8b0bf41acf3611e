"""Live: 1,000 viewers watch one hall; a seat is booked, and the last of them has heard of it."""

import asyncio
import statistics
import time

from benchmarks.dialects import Outcome
from benchmarks.exchange import Exchange, connect
from benchmarks.jobs.turn import Figures, Turn, percentile
from benchmarks.machine import cpu_seconds, memory_bytes, thread_seconds
from benchmarks.sockets import Audience, gather_audience

# Four changes a second: fewer than the ten frames that bigcat sends at most, so that each change
# is a frame everywhere.
_PAUSE_SECONDS = 0.25
_SETTLE_SECONDS = 1.0
_LOST_SECONDS = 10.0
# Where rush and onlookers take none.
_FIRST_SEAT = 15_000


async def measure(turn: Turn) -> Figures:
    """Gather viewers, book seats one by one, and wait for the last viewer each time."""
    count = turn.sizes.viewers
    memory, cpu = memory_bytes(turn.running.pid), cpu_seconds(turn.running.pid)
    payload = turn.dialect.subscription(turn.world.arena)
    audience, viewers = await gather_audience(turn.port, count, payload)
    await asyncio.sleep(_SETTLE_SECONDS)
    joined = {
        "kb_a_viewer": (memory_bytes(turn.running.pid) - memory) / count / 1e3,
        "join_cpu_ms": (cpu_seconds(turn.running.pid) - cpu) / count * 1e3,
    }
    changed = await _change(turn, audience, count)
    for viewer in viewers:
        viewer.close()
    return {**joined, **changed, "viewers_closed": len(audience.lost)}


async def _change(turn: Turn, audience: Audience, count: int) -> Figures:
    booker = await connect(turn.port)
    delays, missed = list[float](), 0
    meter, frames = turn.meter(), audience.frames
    seconds = thread_seconds(turn.running.pid)
    for number in range(turn.sizes.changes):
        arrivals = await book_and_wait(turn, audience, booker, count, free_seat(number))
        if arrivals is None:
            missed += 1
        else:
            delays.append(max(arrivals))
        await asyncio.sleep(_PAUSE_SECONDS)
    seconds = thread_seconds(turn.running.pid) - seconds
    spent, frames = meter.stop(), audience.frames - frames
    booker.close()
    return {
        "last_p50_ms": statistics.median(delays) * 1e3 if delays else 0.0,
        "last_max_ms": percentile(delays, 1.0),
        "us_a_frame": spent.server_seconds / max(1, frames) * 1e6,
        # What one core could do: the thread of the event loop writes the frames.
        "frames_a_core_second": frames / seconds,
        "frames": frames,
        "missed": missed,
        "failed": missed,
        "load_cores": spent.load_cores,
        "foreign_cores": spent.foreign_cores,
    }


def free_seat(number: int) -> int:
    """Give the first free seats of the arena one by one, past those that other jobs take."""
    return _FIRST_SEAT + number // 9 * 10 + number % 9


async def book_and_wait(
    turn: Turn, audience: Audience, booker: Exchange, count: int, seat: int
) -> list[float] | None:
    """Give the times from the wish sent to each viewer's frame; None when some have none."""
    everybody = audience.await_frame(turn.dialect.marker(seat), count)
    buyers = turn.world.buyers
    wish = turn.dialect.book(turn.world.arena, [seat], buyers[seat % len(buyers)])
    start = time.perf_counter()
    answer = await booker.ask(wish)
    if turn.dialect.read_outcome(answer) is not Outcome.WON:
        return None
    try:
        async with asyncio.timeout(_LOST_SECONDS):
            await everybody.wait()
    except TimeoutError:
        return None
    return [arrival - start for arrival in audience.arrivals]
