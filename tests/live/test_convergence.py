"""Nodes, a bus that loses and shuffles, viewers that come and go: all end up equal to SELECT.

Bookings, expiries, cancellations and blocks are real ones on the real database. What is not real
is the way between the nodes, which hypothesis plays.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    suppress,
)
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigcat_graphql import booking, database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking.events import Event, Listener, SeatsChanged, after_commit, tell
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.errors import DomainError
from bigcat_graphql.live import Frame, Node, SeatVersion, comparing, pace
from bigcat_graphql.live.bus import Bus
from bigcat_graphql.live.bus import bus as bus_module
from bigcat_graphql.live.bus.link import Connect, Hear, Link
from bigcat_graphql.models import Booking, Concert
from tests.booking.verbs import book, cancel, pay, states
from tests.live.client import SeatMapClient
from tests.live.conftest import NEVER
from tests.scenes import make_buyer, make_concert

_PATIENCE_SECONDS = 60
_NODES = st.integers(0, 1)
_VIEWERS = st.integers(0, 2)
_SEATS = st.integers(0, 9)
_NUMBERS = st.integers(0, 50)


def step(name: str, *arguments: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(name), st.tuples(*arguments))


SHUFFLED = [
    step("book", _NODES, _SEATS),
    step("book", _NODES, _SEATS),
    step("pay", _NODES, _NUMBERS),
    step("cancel", _NODES, _NUMBERS),
    step("cancel", _NODES, _NUMBERS),
    step("expire", _NODES, _NUMBERS),
    step("block", _NODES, _SEATS),
    step("hand_over", _NUMBERS),
    step("hand_over", _NUMBERS),
    step("repeat", _NUMBERS),
    step("connect", _VIEWERS, _NODES),
    step("disconnect", _VIEWERS),
    step("lose_a_frame", _VIEWERS),
    step("let_time_pass"),
]
LOSSY = [
    *SHUFFLED,
    step("block_behind_our_back", _SEATS),
    step("lose", _NUMBERS),
    step("cut", _NODES),
    step("restart", _NODES),
    step("compare", _NODES),
]
# Where nothing is lost, but everything late, twice and in any order, nobody needs to compare.
SCRIPTS = st.one_of(
    *[st.lists(st.one_of(*steps), min_size=5, max_size=60) for steps in (SHUFFLED, LOSSY)]
)
_LOSSES = {"block_behind_our_back", "lose", "cut", "restart"}


class Wire:
    """Messages on their way between the nodes, until hypothesis says what becomes of them."""

    def __init__(self) -> None:
        self.messages: list[tuple[int, bytes]] = []
        self._open: dict[int, tuple[Hear, asyncio.Event]] = {}

    def connect_of(self, node: int) -> Connect:
        def connect(hear: Hear) -> AbstractAsyncContextManager[Link]:
            return self._join(node, hear)

        return connect

    def hand_over(self, position: int, *, keep: bool = False) -> None:
        if self.messages:
            position %= len(self.messages)
            node, message = self.messages[position]
            if not keep:
                del self.messages[position]
            if node in self._open:
                self._open[node][0](message)

    def cut(self, node: int) -> None:
        if node in self._open:
            self._open[node][1].set()

    @asynccontextmanager
    async def _join(self, node: int, hear: Hear) -> AsyncIterator[Link]:
        lost = asyncio.Event()
        self._open[node] = (hear, lost)
        try:
            yield _End(self, lost)
        finally:
            del self._open[node]

    def put(self, messages: Sequence[bytes]) -> None:
        # The sender hears itself too, as on PostgreSQL.
        self.messages += [(node, message) for node in self._open for message in messages]


class _End:
    def __init__(self, wire: Wire, lost: asyncio.Event) -> None:
        self._wire = wire
        self._lost = lost

    async def send(self, messages: Sequence[bytes]) -> None:
        self._wire.put(messages)

    async def until_lost(self) -> None:
        await self._lost.wait()


class Person(SeatMapClient):
    """A viewer that applies what fits, and subscribes anew when something does not."""

    def __init__(self, published: dict[SeatVersion, str]) -> None:
        super().__init__()
        self.task: asyncio.Task[None] | None = None
        self.node: int | None = None
        self.loses_a_frame = self.has_lost = False
        self._published = published

    async def watch(self, node: Node, concert: Concert) -> None:
        while await self._subscribe(node, concert):
            pass

    async def _subscribe(self, node: Node, concert: Concert) -> bool:
        """Watch until the stream ends, or there was a gap."""
        self.has_lost = False
        async with aclosing(node.watch_seats(concert.id, self.have)) as frames:
            async for frame in frames:
                if self.loses_a_frame:
                    self.loses_a_frame, self.has_lost = False, True
                elif not self.take(frame):
                    return True
                elif self.have is not None:
                    # Whoever applied across a gap has something that never was.
                    assert "".join(self.letters) == self._published[self.have]
        return False

    async def leave(self) -> None:
        task, self.task = self.task, None
        if task is None:
            return
        if task.done():
            task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Evening:
    """One concert, two nodes, three viewers, and one script."""

    def __init__(self, concert: Concert, buyers: Sequence[Viewer]) -> None:
        self.concert = concert
        self.buyers = buyers
        self.made: list[tuple[Viewer, Booking]] = []
        self.wire = Wire()
        self.acting = 0
        self.nodes: list[tuple[Node, AsyncExitStack]] = []
        # What every version of every hub was, to hold viewers to it.
        self.published: dict[SeatVersion, str] = {}
        self.people = [Person(self.published) for _ in range(3)]
        self._listeners: dict[int, Listener] = {}

    async def play(self, script: Sequence[tuple[str, tuple[int, ...]]]) -> None:
        end_telling = after_commit(self._tell_the_acting)
        try:
            self.nodes = [await self._open(number) for number in range(2)]
            for name, arguments in script:
                await getattr(self, name)(*arguments)
            await self.come_to_rest(may_compare=any(name in _LOSSES for name, _ in script))
        finally:
            for person in self.people:
                await person.leave()
            for number in range(len(self.nodes)):
                await self._close(number)
            end_telling()

    async def come_to_rest(self, *, may_compare: bool) -> None:
        """Deliver what is under way, compare if anything was lost, and look at everybody."""
        await self._come_back()
        truth = await states(self.concert)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while any("".join(person.letters) != truth for person in self.people):
                if may_compare:
                    for node, _ in self.nodes:
                        await node.compare()
                while self.wire.messages:
                    self.wire.hand_over(-1)
                await asyncio.sleep(0.01)

    async def _come_back(self) -> None:
        for number, person in enumerate(self.people):
            person.loses_a_frame = False
            # Who lost a frame and hears of no later one must come back, as after a lost connection.
            if person.has_lost or person.task is None or person.task.done():
                await self.connect(number, number % 2)

    # ---- what people do, on one node or the other

    async def book(self, node: int, seat: int) -> None:
        self.acting = node
        buyer = self.buyers[seat % len(self.buyers)]
        with suppress(DomainError):  # somebody else has it
            self.made.append((buyer, await book(buyer, self.concert, seat)))

    async def pay(self, node: int, number: int) -> None:
        await self._change(node, number, pay)

    async def cancel(self, node: int, number: int) -> None:
        await self._change(node, number, cancel)

    async def expire(self, node: int, number: int) -> None:
        self.acting = node
        if self.made:
            _, made = self.made[number % len(self.made)]
            for table, column in (("booking", "id"), ("seat", "booking_id")):
                await database.execute(
                    f"UPDATE {table} SET reserved_until = now() - interval '1 s'"
                    f" WHERE {column} = $1 AND reserved_until IS NOT NULL",
                    made.id,
                )
            await booking.sweep()

    async def block(self, node: int, seat: int) -> None:
        self.acting = node
        tell([SeatsChanged(self.concert.id, changes_of(await self._block(seat)))])

    async def block_behind_our_back(self, seat: int) -> None:
        await self._block(seat)

    # ---- what becomes of messages

    async def hand_over(self, position: int) -> None:
        await self.let_time_pass()
        self.wire.hand_over(position)

    async def repeat(self, position: int) -> None:
        self.wire.hand_over(position, keep=True)

    async def lose(self, position: int) -> None:
        if self.wire.messages:
            del self.wire.messages[position % len(self.wire.messages)]

    async def cut(self, node: int) -> None:
        self.wire.cut(node)

    # ---- nodes

    async def restart(self, number: int) -> None:
        for person in self.people:
            if person.node == number:
                await person.leave()
        await self._close(number)
        self.nodes[number] = await self._open(number)

    async def compare(self, number: int) -> None:
        await self.nodes[number][0].compare()

    async def let_time_pass(self) -> None:
        await asyncio.sleep(0.01)

    # ---- viewers

    async def connect(self, person: int, node: int) -> None:
        """Come, with whatever was seen last, perhaps on another node."""
        await self.disconnect(person)
        one = self.people[person]
        one.node = node
        one.task = asyncio.create_task(one.watch(self.nodes[node][0], self.concert))

    async def disconnect(self, person: int) -> None:
        await self.people[person].leave()

    async def lose_a_frame(self, person: int) -> None:
        self.people[person].loses_a_frame = True

    # ---- how

    async def _open(self, number: int) -> tuple[Node, AsyncExitStack]:
        def listen(listener: Listener) -> Callable[[], None]:
            self._listeners[number] = listener
            return lambda: self._listeners.update({number: _ignore})

        node, stack = Node(compare_seconds=NEVER, listen=listen), AsyncExitStack()
        node.start(Bus(self.wire.connect_of(number)))
        hub = await stack.enter_async_context(node.hold_seats(self.concert.id))

        def note(_: Frame | None = None) -> None:
            state: Any = hub.first()
            self.published[state.reached] = state.statuses

        note()
        hub.attach(note, lambda: None)
        return node, stack

    def _tell_the_acting(self, event: Event) -> None:
        self._listeners[self.acting](event)

    async def _close(self, number: int) -> None:
        node, stack = self.nodes[number]
        await stack.aclose()
        await node.stop()

    async def _change(self, node: int, number: int, verb: Callable[[Viewer, Booking], Any]) -> None:
        self.acting = node
        if self.made:
            with suppress(DomainError):  # it has ended, or has been paid
                await verb(*self.made[number % len(self.made)])

    async def _block(self, seat: int) -> list[Any]:
        return await database.fetch_all(
            "UPDATE seat SET status = CASE status WHEN 'A' THEN 'X' ELSE 'A' END,"
            " version = version + 1"
            " WHERE concert_id = $1 AND index = $2 AND status IN ('A', 'X')"
            " RETURNING index, status, version, reserved_until",
            self.concert.id,
            seat,
        )


def _ignore(_: Event) -> None:
    pass


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the order of things to the script, and do not wait for windows."""
    monkeypatch.setattr(pace, "SHORTEST_SECONDS", 0.002)
    monkeypatch.setattr(bus_module, "WINDOW_SECONDS", 0.002)
    monkeypatch.setattr(bus_module, "_FIRST_PAUSE_SECONDS", 0.002)
    monkeypatch.setattr(bus_module, "_LONGEST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(comparing, "_PAUSE_SECONDS", 0.002)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True
)
@given(script=SCRIPTS)
@pytest.mark.usefixtures("database", "_quick")
async def test_every_viewer_ends_up_with_what_the_database_has(
    script: list[tuple[str, tuple[int, ...]]],
) -> None:
    concert = await make_concert(price_minor=0) if len(script) % 2 else await make_concert()
    await Evening(concert, [await make_buyer() for _ in range(3)]).play(script)
