import asyncio

import pytest

from bigcat_graphql.database import (
    Connection,
    DatabaseUrl,
    execute,
    fetch_all,
    fetch_one,
    open_database,
)
from bigcat_graphql.errors import Busy, OutcomeUnknown
from bigcat_graphql.models import Account
from tests.database.slips import (
    add_slip,
    count_slips,
    end_session_doing,
    held,
    other_sessions,
    terminate,
)

pytestmark = pytest.mark.usefixtures("slips")


async def test_a_write_can_return_rows() -> None:
    rows = await fetch_all(
        "INSERT INTO slip SELECT n, 'x' FROM generate_series(1, 3) n RETURNING id"
    )
    assert [row["id"] for row in rows] == [1, 2, 3]


async def test_no_row_is_none() -> None:
    assert await fetch_one("SELECT * FROM slip") is None


async def test_a_write_tells_how_many_rows_it_changed() -> None:
    await add_slip(1)
    assert await execute("UPDATE slip SET note = 'y'") == "UPDATE 1"


async def test_reads_go_on_when_every_session_has_been_killed(rival: Connection) -> None:
    await asyncio.gather(*(fetch_all("SELECT pg_sleep(0.05)") for _ in range(4)))
    sessions = await other_sessions(rival)
    assert len(sessions) >= 4
    await terminate(rival, sessions)
    assert await asyncio.gather(*(Account.all().count() for _ in range(4))) == [0, 0, 0, 0]
    assert await fetch_all("SELECT * FROM slip") == []


async def test_a_read_under_way_when_its_session_is_killed_runs_again(
    database: DatabaseUrl, rival: Connection
) -> None:
    async with held(database):
        reading = asyncio.create_task(fetch_all("SELECT FROM slip"))
        await end_session_doing(rival, "SELECT FROM slip")
    assert await reading == []


async def test_a_read_survives_one_dead_session_after_the_other(
    database: DatabaseUrl, rival: Connection
) -> None:
    async with held(database):
        reading = asyncio.create_task(fetch_all("SELECT FROM slip"))
        for _ in range(3):
            await end_session_doing(rival, "SELECT FROM slip")
    assert await reading == []


async def test_a_read_that_always_loses_its_session_ends_as_busy(rival: Connection) -> None:
    reading = asyncio.create_task(fetch_all("SELECT pg_sleep(60)"))
    while not reading.done():
        await terminate(rival, await other_sessions(rival, doing="SELECT pg_sleep"))
        await asyncio.sleep(0.01)
    with pytest.raises(Busy):
        await reading


async def test_a_write_under_way_when_its_session_is_killed_does_not(
    database: DatabaseUrl, rival: Connection
) -> None:
    async with held(database):
        writing = asyncio.create_task(add_slip(1))
        await end_session_doing(rival, "INSERT")
        with pytest.raises(OutcomeUnknown):
            await writing
    assert await count_slips(rival) == 0


async def test_opening_twice_is_refused(database: DatabaseUrl) -> None:
    with pytest.raises(RuntimeError, match="open already"):
        await open_database(database)
