"""Audience: how many SQL statements it takes to show a hall to one viewer, and to 2,000."""

import asyncio

from benchmarks.exchange import connect
from benchmarks.jobs.live import book_and_wait, free_seat
from benchmarks.jobs.rush import count_so_far
from benchmarks.jobs.turn import Figures, Turn
from benchmarks.sockets import gather_audience

_CHANGES = 10
# Long enough for all to join and for some of the comparisons of a node with the database, which
# come every five seconds: both are looked at for as long.
_SECONDS = 20.0


async def measure(turn: Turn) -> Figures:
    """Count from the first viewer's coming until all have seen some changes."""
    await turn.postgres.count_statements(on=True)
    try:
        await _show(turn, 1, 0)  # what a server reads only once
        one, _ = await _show(turn, 1, _CHANGES)
        many, missed = await _show(turn, turn.sizes.audience, 2 * _CHANGES)
    finally:
        await turn.postgres.count_statements(on=False)
    return {
        "more": many - one,
        "of_one": one,
        "of_many": many,
        "viewers": turn.sizes.audience,
        "failed": missed,
    }


async def _show(turn: Turn, viewers: int, first: int) -> tuple[int, int]:
    counter = await turn.postgres.connect(turn.database)
    await counter.execute("SET pg_stat_statements.track = 'none'")
    await counter.execute("SELECT pg_stat_statements_reset()")
    over = asyncio.create_task(asyncio.sleep(_SECONDS))
    payload = turn.dialect.subscription(turn.world.arena)
    audience, watching = await gather_audience(turn.port, viewers, payload)
    booker, missed = await connect(turn.port), 0
    for number in range(first, first + _CHANGES):
        seen = await book_and_wait(turn, audience, booker, viewers, free_seat(number))
        missed += seen is None
        await asyncio.sleep(0.1)
    await over
    statements, _ = await count_so_far(counter)
    for one in (*watching, booker):
        one.close()
    await counter.close()
    return statements, missed
