"""How many seats are left: one event for each change, and hardly any statements."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from bigcat_graphql import booking
from bigcat_graphql.catalogue.availability import SeatCounts
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import Busy, InvalidArgument
from bigcat_graphql.ids import new_id
from bigcat_graphql.live import Node, counts
from bigcat_graphql.live.counting import Count, count_seats
from bigcat_graphql.live.topic import follow
from bigcat_graphql.models import Concert, ConcertStatus
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel
from tests.live.viewers import PATIENCE_SECONDS, watching
from tests.scenes import make_buyer, make_concert

COUNT = "bigcat_graphql.live.counts.count_seats"


class Reader:
    """Somebody with a list of concerts."""

    def __init__(self) -> None:
        self.seen: dict[UUID, SeatCounts] = {}
        self.events = 0
        self._moved = asyncio.Event()

    async def read(self, node: Node, concerts: Iterable[Concert]) -> None:
        keys = [concert.id for concert in concerts]
        async with AsyncExitStack() as stack:
            topics = [await stack.enter_async_context(node.hold_counts(k, keys)) for k in keys]
            async for frame in follow(*topics):
                self.seen[frame.concert_id] = frame.counts
                self.events += 1
                self._moved.set()

    async def sees(self, concert: Concert, **expected: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.seen.get(concert.id) != SeatCounts(**expected):
                self._moved.clear()
                await self._moved.wait()


@asynccontextmanager
async def reading(node: Node, *concerts: Concert, count: int = 1) -> AsyncIterator[list[Reader]]:
    readers = [Reader() for _ in range(count)]
    tasks = [asyncio.create_task(reader.read(node, concerts)) for reader in readers]
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(len(reader.seen) < len(concerts) for reader in readers):
                for task in tasks:
                    if task.done():
                        await task
                await asyncio.sleep(0.005)
        yield readers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "WINDOW_SECONDS", 0.02)


async def test_each_concert_is_told_now_and_after_each_change(node: Node) -> None:
    one, other, buyer = (
        await make_concert(),
        await make_concert(rows=1, floor=20),
        await make_buyer(),
    )
    async with reading(node, one, other) as [reader]:
        assert reader.seen == {
            one.id: SeatCounts(available=10),
            other.id: SeatCounts(available=25),
        }
        made = await book(buyer, one, 0, 1)
        await reader.sees(one, available=8, reserved=2)
        await cancel(buyer, made)
        await reader.sees(one, available=10)
        assert reader.seen[other.id] == SeatCounts(available=25)
        assert reader.events == 4


async def test_a_window_brings_one_event(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "WINDOW_SECONDS", 3600.0)
    concert = await make_concert()
    async with reading(node, concert) as [reader]:
        await book(await make_buyer(), concert, 0)
        await reader.sees(concert, available=9, reserved=1)  # at once, since it was quiet
        for index in range(1, 5):
            await book(await make_buyer(), concert, index)
        await asyncio.sleep(0.1)
        assert reader.events == 2


async def test_a_reservation_that_is_over_is_available_without_a_sweeper(node: Node) -> None:
    concert = await make_concert()
    async with reading(node, concert) as [reader]:
        with override_settings(reservation_seconds=2):
            await book(await make_buyer(), concert, 0)
        await reader.sees(concert, available=9, reserved=1)
        await reader.sees(concert, available=10)


async def test_a_reservation_that_is_over_is_seen_where_the_seats_are_watched_too(
    node: Node,
) -> None:
    concert = await make_concert()
    async with watching(node, concert), reading(node, concert) as [reader]:
        with override_settings(reservation_seconds=2):
            await book(await make_buyer(), concert, 0)
        await reader.sees(concert, available=9, reserved=1)
        await reader.sees(concert, available=10)


async def test_a_change_behind_our_back_is_found(node: Node, rival: Connection) -> None:
    concert = await make_concert()
    async with reading(node, concert) as [reader]:
        await rival.execute(
            "UPDATE seat SET status = 'X', version = version + 1"
            " WHERE concert_id = $1 AND index = 2",
            concert.id,
        )
        await node.compare()
        await reader.sees(concert, available=9, blocked=1)


async def test_a_concert_without_seats_has_none_left(node: Node) -> None:
    concert = await make_concert(rows=0)
    async with reading(node, concert) as [reader]:
        assert reader.seen == {concert.id: SeatCounts()}


async def test_a_draft_and_an_unknown_concert_are_refused_by_name(node: Node) -> None:
    draft = await make_concert(status=ConcertStatus.DRAFT)
    for concert_id in (draft.id, new_id()):
        with pytest.raises(InvalidArgument) as refusal:
            async with node.hold_counts(concert_id):
                pass
        assert refusal.value.argument == "concertIds"


async def test_a_change_during_the_first_count_is_not_missed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    overtaken = False

    async def count_and_be_overtaken(concert_ids: Iterable[UUID]) -> dict[UUID, Count]:
        nonlocal overtaken
        counted = await count_seats(concert_ids)
        if not overtaken:
            overtaken = True
            await book(buyer, concert, 5)
            # Long enough for a count that began later to end sooner.
            await asyncio.sleep(0.2)
        return counted

    monkeypatch.setattr(COUNT, count_and_be_overtaken)
    async with reading(node, concert) as [reader]:
        await reader.sees(concert, available=9, reserved=1)
        await asyncio.sleep(0.2)
        assert reader.seen[concert.id] == SeatCounts(available=9, reserved=1)


async def test_a_change_during_a_later_count_is_not_missed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    overtaken = False

    async def count_and_be_overtaken(concert_ids: Iterable[UUID]) -> dict[UUID, Count]:
        nonlocal overtaken
        counted = await count_seats(concert_ids)
        if not overtaken:
            overtaken = True
            await book(buyer, concert, 5)
        return counted

    async with reading(node, concert) as [reader]:
        monkeypatch.setattr(COUNT, count_and_be_overtaken)
        await book(await make_buyer(), concert, 4)
        await reader.sees(concert, available=8, reserved=2)


async def test_readers_keep_what_they_have_while_the_database_fails(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise Busy

    concert = await make_concert()
    async with reading(node, concert) as [reader]:
        with monkeypatch.context() as patched, capture_logs() as logs:
            patched.setattr(COUNT, fail)
            await book(await make_buyer(), concert, 0)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not logs:
                    await asyncio.sleep(0.005)
            await asyncio.sleep(0.2)  # some more windows
        # Said once, not every second.
        assert [entry["event"] for entry in logs] == ["live_counts_failed"]
        assert reader.events == 1
        await reader.sees(concert, available=9, reserved=1)


async def test_a_first_count_that_fails_is_tried_again_next_time(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise Busy

    concert = await make_concert()
    with monkeypatch.context() as patched:
        patched.setattr(COUNT, fail)
        with pytest.raises(Busy):
            async with node.hold_counts(concert.id):
                pass
    async with reading(node, concert):
        pass


async def test_counts_that_nobody_reads_are_forgotten(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "KEEP_SECONDS", 0.05)
    concert = await make_concert()
    async with reading(node, concert):
        await asyncio.sleep(0.2)
        assert node._counts._topics
    async with asyncio.timeout(PATIENCE_SECONDS):
        while node._counts._topics:
            await asyncio.sleep(0.01)


async def test_stopping_ends_the_streams_and_leaves_no_task(node: Node) -> None:
    before = asyncio.all_tasks()
    concert = await make_concert()
    async with node.hold_counts(concert.id) as topic:
        frames = follow(topic)
        await anext(frames)
        await node.stop()
        with pytest.raises(StopAsyncIteration):
            await anext(frames)
    assert asyncio.all_tasks() <= before


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that counts seats."""
    sent: list[str] = []
    real = vars(asyncpg.Connection)["_execute"]

    async def noted(self: Connection, query: str, *args: object, **options: object) -> object:
        if "lapse_seconds" in query:
            sent.append(query)
        return await real(self, query, *args, **options)

    monkeypatch.setattr(asyncpg.Connection, "_execute", noted)
    return sent


async def test_three_hundred_readers_of_twenty_concerts_cost_as_many_statements_as_one(
    node: Node, statements: list[str]
) -> None:
    first = await make_concert()
    concerts = [first, *[await make_concert(rows=1) for _ in range(19)]]
    buyer = await make_buyer()
    sent = []
    for size in (1, 300):
        statements.clear()
        async with reading(node, *concerts, count=size) as readers:
            made = await book(buyer, concerts[0], 0)
            for reader in readers:
                await reader.sees(concerts[0], available=9, reserved=1)
            await cancel(buyer, made)
            for reader in readers:
                await reader.sees(concerts[0], available=10)
        await node.stop()
        sent.append(len(statements))
        node.start()
    assert sent == [3, 3]


async def test_seats_that_are_watched_need_no_counting(node: Node, statements: list[str]) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    async with watching(node, concert), reading(node, concert) as [reader]:
        statements.clear()
        await book(buyer, concert, 0)
        await reader.sees(concert, available=9, reserved=1)
        assert statements == []


async def test_what_the_sweeper_does_is_no_news(node: Node) -> None:
    concert = await make_concert()
    async with reading(node, concert) as [reader]:
        with override_settings(reservation_seconds=2):
            await book(await make_buyer(), concert, 0)
        await reader.sees(concert, available=9, reserved=1)
        await reader.sees(concert, available=10)
        await booking.sweep()
        await book(await make_buyer(), concert, 1)
        await reader.sees(concert, available=9, reserved=1)
        assert reader.events == 4
