"""The bus over links that a test can break."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from bigcat_graphql.ids import new_id
from bigcat_graphql.live.bus import Bus
from bigcat_graphql.live.bus import bus as bus_module
from tests.live.bus.news import PATIENCE_SECONDS, Ear, Room, booked, seats

CONCERT = new_id()


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
async def buses(room: Room, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Bus]]:
    monkeypatch.setattr(bus_module, "_FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(bus_module, "WINDOW_SECONDS", 0.02)
    buses = [Bus(room.connect), Bus(room.connect)]
    yield buses
    for bus in buses:
        await bus.stop()


async def test_the_others_hear_it_and_we_do_not(buses: list[Bus], room: Room) -> None:
    here, there = (Ear().join(bus) for bus in buses)
    await room.until_entered(2)
    event = seats(CONCERT, booked(1))
    buses[0].publish(event)
    await there.hears(event)
    assert here.events == []


async def test_a_burst_goes_out_as_few_messages(
    buses: list[Bus], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "WINDOW_SECONDS", 0.5)
    there = Ear().join(buses[1])
    Ear().join(buses[0])
    await room.until_entered(2)
    first = seats(CONCERT, booked(0))
    buses[0].publish(first)
    await there.hears(first)  # at once, since it was quiet
    for index in range(1, 50):
        buses[0].publish(seats(CONCERT, booked(index)))
    await there.until(lambda ear: len(ear.events) == 2)
    assert [len(messages) for messages in room.sent] == [1, 1]
    assert there.events[1] == seats(CONCERT, *[booked(index) for index in range(1, 50)])


async def test_what_happened_while_it_was_away_is_told_when_it_is_back(
    buses: list[Bus], room: Room
) -> None:
    here = Ear().join(buses[0])
    await room.until_entered()
    there = Ear().join(buses[1])
    await room.until_entered(2)
    room.is_closed = True
    room.throw_out_the_first()
    await until_away(buses[0])
    event = seats(CONCERT, booked(1))
    buses[0].publish(event)
    room.is_closed = False
    await there.hears(event)
    # It looks for what it missed itself.
    await here.until(lambda ear: ear.gaps == 2)
    assert not buses[0].is_away


async def test_a_message_that_may_be_lost_makes_the_others_look(
    buses: list[Bus], room: Room
) -> None:
    there = Ear().join(buses[1])
    await room.until_entered()
    await there.until(lambda ear: ear.gaps == 1)
    Ear().join(buses[0])
    await room.until_entered(2)
    room.breaks_on_send = True
    buses[0].publish(seats(CONCERT, booked(1)))
    await there.until(lambda ear: ear.gaps == 2)


async def test_its_absence_is_said_once(buses: list[Bus], room: Room) -> None:
    room.is_closed = True
    with capture_logs() as logs:
        here = Ear().join(buses[0])
        await until_away(buses[0])
        for index in range(20):
            buses[0].publish(seats(CONCERT, booked(index)))
            await asyncio.sleep(0.005)
        room.is_closed = False
        await here.until(lambda ear: ear.gaps == 1)
    assert [entry["event"] for entry in logs] == ["bus_away", "bus_works_again"]
    assert "the room is closed" in logs[0]["reason"]


async def test_garbage_is_ignored_and_rarely_spoken_of(buses: list[Bus], room: Room) -> None:
    there = Ear().join(buses[1])
    Ear().join(buses[0])
    await room.until_entered(2)
    with capture_logs() as logs:
        for _ in range(50):
            room.say(b"{nonsense")
    counts = [entry["count"] for entry in logs if entry["event"] == "bus_garbage"]
    assert sorted(set(counts)) == [1, 2, 4, 8, 16, 32]
    event = seats(CONCERT, booked(1))
    buses[0].publish(event)
    await there.hears(event)


async def test_the_last_words_are_heard(buses: list[Bus], room: Room) -> None:
    there = Ear().join(buses[1])
    Ear().join(buses[0])
    await room.until_entered(2)
    event = seats(CONCERT, booked(1))
    buses[0].publish(event)
    await buses[0].stop()
    await there.hears(event)


async def test_an_idle_bus_sends_nothing(buses: list[Bus], room: Room) -> None:
    Ear().join(buses[0])
    await room.until_entered()
    await asyncio.sleep(0.1)
    assert room.sent == []


async def test_a_message_is_what_the_documentation_shows(buses: list[Bus], room: Room) -> None:
    there = Ear().join(buses[1])
    Ear().join(buses[0])
    await room.until_entered(2)
    buses[0].publish(seats(CONCERT, booked(9, 2)))
    await there.until(lambda ear: ear.events)
    body: Any = orjson.loads(room.sent[0][0])
    assert body["changes"] == [{"concert": str(CONCERT), "seats": [["B", None, [9, 2]]]}]


async def until_away(bus: Bus) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not bus.is_away:
            await asyncio.sleep(0.005)
