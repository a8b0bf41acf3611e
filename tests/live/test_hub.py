"""The runner of a hub, on the event loop that the server uses."""

import asyncio
import sys

import pytest

from bigcat_graphql.ids import new_id
from bigcat_graphql.live import Delta, Frame, Snapshot
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


async def test_newcomers_join_at_the_version_of_everybody_else() -> None:
    table = Table(make_hall())
    hub = open_on(table)
    told: list[Frame] = []
    hub.attach(told.append, lambda: None)
    hub.receive([table.change(0, SeatStatus.BOOKED)])
    assert hub.snapshot().statuses == "BAAAA"
    newcomer = hub.first()
    assert isinstance(newcomer, Snapshot)
    assert newcomer.statuses == "AAAAA"
    await asyncio.sleep(0)
    [delta] = told
    assert isinstance(delta, Delta)
    assert (delta.from_version, delta.statuses) == (newcomer.version, "B")
    hub.close()


async def test_what_a_query_saw_and_went_back_is_delivered_by_the_timer() -> None:
    table = Table(make_hall())
    hub = open_on(table)
    told: list[Frame] = []
    hub.attach(told.append, lambda: None)
    hub.receive([table.change(0, SeatStatus.BOOKED)])
    asked = hub.snapshot()
    hub.receive([table.change(0, SeatStatus.AVAILABLE)])
    await asyncio.sleep(0)
    [delta] = told
    assert isinstance(delta, Delta)
    assert (delta.from_version, delta.indexes, delta.statuses) == (asked.version, (0,), "A")
    hub.close()


async def test_who_detached_hears_nothing_more_and_the_others_hear_the_end() -> None:
    table = Table(make_hall())
    hub = open_on(table)
    told: list[str] = []
    detach = hub.attach(lambda _: told.append("gone"), lambda: told.append("gone"))
    hub.attach(lambda _: told.append("there"), lambda: told.append("end"))
    detach()
    detach()
    hub.receive([table.change(0, SeatStatus.BOOKED)])
    await asyncio.sleep(0)
    hub.close()
    hub.attach(lambda _: None, lambda: told.append("came too late"))
    await asyncio.sleep(0)
    assert told == ["there", "end", "came too late"]
