"""The runner of a hub, on the event loop that the server uses."""

import asyncio
import sys
from collections import Counter
from contextlib import aclosing

import pytest

from bigcat_graphql.ids import new_id
from bigcat_graphql.live.hub import Hub, _Clock
from bigcat_graphql.live.state import HubState
from bigcat_graphql.models import SeatStatus
from tests.live.halls import NOON, Table, make_hall


def open_on(table: Table) -> Hub:
    clock = _Clock(NOON, asyncio.get_running_loop().time())
    return Hub(new_id(), HubState(table.plan, table.read()), clock, is_draft=False)


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not for Windows")
def test_changes_in_quick_succession_set_the_timer_on_uvloop() -> None:
    import uvloop  # noqa: PLC0415 - see above

    async def change_twice() -> str:
        table = Table(make_hall())
        hub = open_on(table)
        # uvloop's handle for a time that has come is of another class than for a time to come.
        hub.receive([table.change(0, SeatStatus.BOOKED)])
        hub.receive([table.change(1, SeatStatus.BOOKED)])
        await asyncio.sleep(0)
        statuses = hub.snapshot().statuses
        hub.close()
        return statuses

    assert uvloop.run(change_twice()) == "BBAAA"


async def test_a_crowd_is_told_in_many_turns_so_that_requests_come_in_between() -> None:
    table = Table(make_hall())
    hub = open_on(table)
    turn, told_in = 0, []

    async def view() -> None:
        async with aclosing(hub.frames(None)) as frames:
            await anext(frames)
            await anext(frames)
            told_in.append(turn)

    viewers = [asyncio.create_task(view()) for _ in range(200)]
    await asyncio.sleep(0)
    hub.receive([table.change(0, SeatStatus.BOOKED)])
    while len(told_in) < len(viewers):
        await asyncio.sleep(0)
        turn += 1
    hub.close()

    assert len(set(told_in)) >= 200 // 32
    assert max(Counter(told_in).values()) <= 32
