"""Seats on their way from a booking to everybody who watches, through the real schema."""

import asyncio
import json

import asyncpg
import pytest

from bigcat_graphql import live
from bigcat_graphql.database import Connection, DatabaseUrl
from bigcat_graphql.models import Concert
from bigcat_graphql.resolvers.api import schema
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.sharing import Shared
from bigcat_graphql.server.app import create_app
from bigcat_graphql.server.broadcast import Attendance
from bigcat_graphql.server.callers import Caller
from bigcat_graphql.server.context import make_context
from bigcat_graphql.server.events import Events
from bigcat_graphql.server.execution import GraphQLRequest
from bigcat_graphql.server.services import Services
from bigcat_graphql.settings import Settings
from tests.booking.verbs import book, states
from tests.scenes import make_buyer, make_concert
from tests.server.toy import authenticate

WATCH = """
subscription ($concertId: ID!, $since: SeatVersionInput) {
  seatAvailability(concertId: $concertId, since: $since) {
    ... on SeatAvailabilitySnapshot { epoch version statuses counts { available } }
    ... on SeatAvailabilityDelta {
      epoch fromVersion toVersion indexes statuses counts { available }
    }
  }
}
"""
SOMEBODY = Caller(address="192.0.2.1", base_url="http://box.test")
_PATIENCE_SECONDS = 20


@pytest.fixture
async def events(database: DatabaseUrl) -> Events:
    del database
    settings = Settings.model_validate({"rate_points": 1_000_000})
    services = Services(authenticate=authenticate, make_context=make_context)
    events: Events = create_app(settings, schema, services).state.events
    return events


class Map:
    """One viewer's seat map, kept by the rule that clients are told."""

    def __init__(self) -> None:
        self.have: tuple[str, int] | None = None
        self.letters: list[str] = []
        self.attendance: Attendance | None = None
        self.changed = asyncio.Event()

    def take(self, payload: bytes) -> bool:
        event = json.loads(payload)["data"]["seatAvailability"]
        if "version" in event:
            self.have = (event["epoch"], event["version"])
            self.letters = list(event["statuses"])
        else:
            assert self.have == (event["epoch"], event["fromVersion"]), "a gap"
            self.have = (event["epoch"], event["toVersion"])
            for index, letter in zip(event["indexes"], event["statuses"], strict=True):
                self.letters[index] = letter
        self.changed.set()
        return True

    def end(self, failure: object) -> None:
        raise AssertionError(failure)

    async def shows(self, statuses: str) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while "".join(self.letters) != statuses:
                self.changed.clear()
                await self.changed.wait()


class NotingMap(Map):
    """Keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[bytes] = []

    def take(self, payload: bytes) -> bool:
        self.told.append(payload)
        return super().take(payload)


async def watch(events: Events, concert: Concert, seat_map: Map, **since: object) -> None:
    variables = {"concertId": write_id("Concert", concert.id), **since}
    prepared = await events.engine.prepare(GraphQLRequest(WATCH, variables), SOMEBODY)
    source = await events.open(prepared)
    assert isinstance(source, Shared)
    seat_map.attendance = await events.join(prepared, source, seat_map)


def leave(*maps: Map) -> None:
    for one in maps:
        assert one.attendance is not None
        one.attendance.leave()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that this process sends."""
    sent: list[str] = []
    real = vars(asyncpg.Connection)["_execute"]

    async def noted(self: Connection, query: str, *args: object, **options: object) -> object:
        sent.append(query)
        return await real(self, query, *args, **options)

    monkeypatch.setattr(asyncpg.Connection, "_execute", noted)
    return sent


async def test_two_hundred_subscribers_cost_as_many_statements_as_one(
    events: Events, statements: list[str]
) -> None:
    buyer = await make_buyer()
    counts = []
    for size in (1, 1, 200):  # the first warms caches up
        concert = await make_concert()
        live.start()
        try:
            statements.clear()
            maps = [Map() for _ in range(size)]
            for one in maps:
                await watch(events, concert, one)
            await book(buyer, concert, 3)
            for one in maps:
                await one.shows("AAARAAAAAA")
            counts.append(len(statements))
            leave(*maps)
        finally:
            await live.stop()
    assert counts[1] == counts[2]


async def test_who_resumes_with_anything_ends_equal_to_the_database(events: Events) -> None:
    concert = await make_concert(rows=4)
    live.start()
    try:
        first = Map()
        await watch(events, concert, first)
        assert first.have is not None
        epoch = first.have[0]
        maps = [first]
        for index in range(8):
            await book(await make_buyer(), concert, index)
            for have in ((epoch, 0), (epoch, index + 5), ("f" * 16, 0), first.have):
                one = Map()
                one.have, one.letters = have, list("A" * 20)
                if have == first.have:
                    one.letters = list(first.letters)
                since = {"epoch": have[0], "version": have[1]}
                await watch(events, concert, one, since=since)
                maps.append(one)
        truth = await states(concert)
        for one in maps:
            await one.shows(truth)
        leave(*maps)
    finally:
        await live.stop()


async def test_a_viewer_by_itself_is_sent_the_same_bytes(events: Events) -> None:
    concert = await make_concert(floor=3)
    live.start()
    try:
        shared = NotingMap()
        await watch(events, concert, shared)
        variables = {"concertId": write_id("Concert", concert.id)}
        prepared = await events.engine.prepare(GraphQLRequest(WATCH, variables), SOMEBODY)
        source = await events.open(prepared)
        assert isinstance(source, Shared)
        alone = events._read_private(prepared, source)
        states_told = [await anext(alone)]
        await book(await make_buyer(), concert, 1)
        await shared.shows("ARAAAAAAAA")
        states_told.append(await anext(alone))
        assert states_told == shared.told
        await alone.aclose()
        leave(shared)
    finally:
        await live.stop()
