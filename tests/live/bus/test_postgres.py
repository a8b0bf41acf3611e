"""The bus over LISTEN and NOTIFY of a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bigcat_graphql import database as our_database
from bigcat_graphql.booking.events import SeatsUnknown
from bigcat_graphql.database import Connection, DatabaseUrl, opened_at
from bigcat_graphql.ids import new_id
from bigcat_graphql.live.bus import Bus
from bigcat_graphql.live.bus.postgres import APPLICATION_NAME, CHANNEL, over_postgres
from tests.booking.verbs import book, cancel, pay
from tests.live.bus.news import PATIENCE_SECONDS, Ear, booked, seats
from tests.scenes import make_buyer, make_concert

CONCERT = new_id()
_END_BUSES = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = $1 AND datname = current_database()"
)


@pytest.fixture
async def buses(database: DatabaseUrl) -> AsyncIterator[list[Bus]]:  # noqa: ARG001 - it is open
    buses = [Bus(over_postgres(opened_at)) for _ in range(2)]
    yield buses
    for bus in buses:
        await bus.stop()


async def joined(buses: list[Bus]) -> list[Ear]:
    ears = [Ear().join(bus) for bus in buses]
    for ear in ears:
        await ear.until(lambda ear: ear.gaps == 1)
    return ears


async def test_the_others_hear_it_and_we_do_not(buses: list[Bus]) -> None:
    here, there = await joined(buses)
    event, answer = seats(CONCERT, booked(1)), seats(CONCERT, booked(2))
    buses[0].publish(event)
    await there.hears(event)
    buses[1].publish(answer)
    await here.hears(answer)
    assert here.events == [answer]


async def test_the_longest_messages_get_through(buses: list[Bus]) -> None:
    _, there = await joined(buses)
    events = [seats(new_id(), *[booked(10_000 + i) for i in range(300)]) for _ in range(50)]
    for event in events:
        buses[0].publish(event)
    await there.until(lambda ear: len(ear.events) == len(events))
    assert all(event in there.events for event in events)


async def test_a_connection_that_is_ended_comes_back_and_looks_at_what_it_missed(
    buses: list[Bus], rival: Connection
) -> None:
    ears = await joined(buses)
    assert await rival.fetchval(_END_BUSES, APPLICATION_NAME) == 2
    for ear in ears:
        await ear.until(lambda ear: ear.gaps == 2)
    event = SeatsUnknown(CONCERT)
    buses[0].publish(event)
    await ears[1].hears(event)


async def test_hostile_notices_are_ignored(buses: list[Bus], rival: Connection) -> None:
    _, there = await joined(buses)
    for payload in ("", "{}", '{"from":"x","changes":[{"concert":"x"}]}', "[" * 5_000):
        await rival.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
    event = seats(CONCERT, booked(1))
    buses[0].publish(event)
    await there.hears(event)
    assert there.events == [event]


async def test_no_transaction_of_a_buyer_notifies(
    buses: list[Bus], rival: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a buyer does, nothing is heard where no bus of ours has anything to publish."""
    monkeypatch.setattr(Bus, "publish", lambda *_: None)
    await joined(buses)
    heard: list[object] = []
    await rival.add_listener(CHANNEL, lambda *notice: heard.append(notice))
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made)
    await cancel(buyer, made)
    await rival.fetchval("SELECT 1")
    assert heard == []


async def test_it_has_a_connection_of_its_own_and_gives_it_back(
    buses: list[Bus], rival: Connection
) -> None:
    await joined(buses)
    before = await our_database.fetch_one("SELECT pg_backend_pid() AS pid")
    assert before is not None
    listening = await rival.fetch(
        "SELECT pid FROM pg_stat_activity"
        " WHERE application_name = $1 AND datname = current_database()",
        APPLICATION_NAME,
    )
    assert len(listening) == 2
    assert before["pid"] not in {row["pid"] for row in listening}
    for bus in buses:
        await bus.stop()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await rival.fetchval(
            _END_BUSES.replace("pg_terminate_backend", ""), APPLICATION_NAME
        ):
            await asyncio.sleep(0.02)
