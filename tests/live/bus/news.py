"""Events to tell, and links that carry them within a test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from bigcat_graphql.booking.events import Event, SeatChange, SeatsChanged
from bigcat_graphql.live import ChangeBus
from bigcat_graphql.live.bus.link import Hear, Link
from bigcat_graphql.models import SeatStatus

PATIENCE_SECONDS = 30
UNTIL = datetime(2026, 11, 23, 12, 0, 0, 123_457, tzinfo=UTC)


def reserved(index: int, version: int = 1) -> SeatChange:
    return SeatChange(index, SeatStatus.RESERVED, version, UNTIL)


def booked(index: int, version: int = 2) -> SeatChange:
    return SeatChange(index, SeatStatus.BOOKED, version, None)


def seats(concert_id: UUID, *changes: SeatChange) -> SeatsChanged:
    return SeatsChanged(concert_id, changes)


class Ear:
    """What somebody on a bus was told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.gaps = 0
        self._moved = asyncio.Event()

    def join(self, bus: ChangeBus) -> "Ear":
        bus.start(self._receive, self._on_gap)
        return self

    async def until(self, happened: Callable[["Ear"], object]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened(self):
                self._moved.clear()
                await self._moved.wait()

    async def hears(self, event: Event) -> None:
        await self.until(lambda ear: event in ear.events)

    def _receive(self, event: Event) -> None:
        self.events.append(event)
        self._moved.set()

    def _on_gap(self) -> None:
        self.gaps += 1
        self._moved.set()


class Room:
    """Carries messages to everybody in it, the sender too; it can be closed, and break."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []
        self.is_closed = False
        self.breaks_on_send = False
        self._hearers: dict[object, tuple[Hear, asyncio.Event]] = {}

    def connect(self, hear: Hear) -> AbstractAsyncContextManager[Link]:
        return self._enter(hear)

    def say(self, message: bytes) -> None:
        for hear, _ in list(self._hearers.values()):
            hear(message)

    def throw_out_the_first(self) -> None:
        next(lost for _, lost in self._hearers.values()).set()

    async def until_entered(self, count: int = 1) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self._hearers) < count:
                await asyncio.sleep(0.005)

    @asynccontextmanager
    async def _enter(self, hear: Hear) -> AsyncIterator[Link]:
        if self.is_closed:
            raise ConnectionRefusedError("the room is closed")
        lost, name = asyncio.Event(), object()
        self._hearers[name] = (hear, lost)
        try:
            yield _Seat(self, lost)
        finally:
            del self._hearers[name]


class _Seat:
    def __init__(self, room: Room, lost: asyncio.Event) -> None:
        self._room = room
        self._lost = lost

    async def send(self, messages: Sequence[bytes]) -> None:
        if self._room.breaks_on_send:
            self._room.breaks_on_send = False
            raise ConnectionResetError("in the middle of it")
        self._room.sent.append([*messages])
        for message in messages:
            self._room.say(message)

    async def until_lost(self) -> None:
        await self._lost.wait()
