"""The bus over a real NATS server."""

from collections.abc import AsyncIterator

import nats
import pytest

from bigcat_graphql.ids import new_id
from bigcat_graphql.live.bus import Bus
from bigcat_graphql.live.bus.nats import over_nats
from tests.live.bus.nats_server import BINARY, NatsServer
from tests.live.bus.news import Ear, booked, seats

pytestmark = pytest.mark.skipif(BINARY is None, reason="there is no nats-server here")
CONCERT = new_id()


@pytest.fixture
async def server() -> AsyncIterator[NatsServer]:
    server = NatsServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def buses(server: NatsServer) -> AsyncIterator[list[Bus]]:
    buses = [Bus(over_nats(server.url, "bigcat")) for _ in range(2)]
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


async def test_a_server_that_restarts_is_found_again(buses: list[Bus], server: NatsServer) -> None:
    ears = await joined(buses)
    await server.stop()
    await server.start()
    for ear in ears:
        await ear.until(lambda ear: ear.gaps >= 2)
    event = seats(CONCERT, booked(1))
    buses[0].publish(event)
    await ears[1].hears(event)


async def test_a_server_that_is_not_there_yet_is_waited_for(server: NatsServer) -> None:
    await server.stop()
    bus = Bus(over_nats(server.url, "bigcat"))
    ear = Ear().join(bus)
    await server.start()
    await ear.until(lambda ear: ear.gaps == 1)
    await bus.stop()


async def test_installations_with_prefixes_of_their_own_do_not_hear_each_other(
    buses: list[Bus], server: NatsServer
) -> None:
    _, there = await joined(buses)
    stranger = Bus(over_nats(server.url, "other"))
    await joined([stranger])
    stranger.publish(seats(CONCERT, booked(1)))
    await stranger.stop()
    event = seats(CONCERT, booked(2))
    buses[0].publish(event)
    await there.hears(event)
    assert there.events == [event]


async def test_hostile_messages_are_ignored(buses: list[Bus], server: NatsServer) -> None:
    _, there = await joined(buses)
    client = await nats.connect(server.url)
    for payload in (b"", b"\xff" * 100, b"{}", b"x" * 500_000):
        await client.publish("bigcat.changes", payload)
    await client.close()
    event = seats(CONCERT, booked(1))
    buses[0].publish(event)
    await there.hears(event)
    assert there.events == [event]
