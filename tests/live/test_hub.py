"""The runner of a hub, on the event loop that the server uses."""

import asyncio
import sys

import pytest

from bigcat_graphql.ids import new_id
from bigcat_graphql.live.hub import Hub, _Clock
from bigcat_graphql.live.state import HubState
from bigcat_graphql.models import SeatStatus
from tests.live.halls import NOON, Table, make_hall


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not for Windows")
def test_changes_in_quick_succession_set_the_timer_on_uvloop() -> None:
    import uvloop  # noqa: PLC0415 - see above

    async def change_twice() -> str:
        table = Table(make_hall())
        clock = _Clock(NOON, asyncio.get_running_loop().time())
        hub = Hub(new_id(), HubState(table.plan, table.read()), clock, is_draft=False)
        # uvloop's handle for a time that has come is of another class than for a time to come.
        hub.receive([table.change(0, SeatStatus.BOOKED)])
        hub.receive([table.change(1, SeatStatus.BOOKED)])
        await asyncio.sleep(0)
        statuses = hub.snapshot().statuses
        hub.close()
        return statuses

    assert uvloop.run(change_twice()) == "BBAAA"
