"""This process's live side: hubs and watched bookings, kept equal to the database."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import NoReturn
from uuid import UUID

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import (
    BookingChanged,
    Event,
    Listener,
    SeatsChanged,
    after_commit,
)
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.live.bookings import WatchedBookings
from bigcat_graphql.live.bus import ChangeBus, NobodyElse
from bigcat_graphql.live.comparing import Comparing
from bigcat_graphql.live.counts import WatchedCounts
from bigcat_graphql.live.counts_topic import CountsTopic
from bigcat_graphql.live.frames import Frame, SeatVersion, Snapshot
from bigcat_graphql.live.hub import Hub, NothingToWatch, open_hub
from bigcat_graphql.live.hubs import Hubs
from bigcat_graphql.live.topic import follow
from bigcat_graphql.models import Booking


class Node:
    """Live seats and bookings of one process, from `start()` to `stop()`."""

    def __init__(
        self,
        *,
        compare_seconds: float | None = None,
        hubs: Hubs | None = None,
        listen: Callable[[Listener], Callable[[], None]] = after_commit,
    ) -> None:
        self._hubs = Hubs() if hubs is None else hubs
        self._bookings = WatchedBookings()
        self._counts = WatchedCounts(self._hubs)
        self._comparing = Comparing(
            self._hubs, self._counts, self._bookings, every_seconds=compare_seconds
        )
        self._bus: ChangeBus = NobodyElse()
        self._listen = listen
        self._stop_listening: Callable[[], None] = _nothing
        self._task: asyncio.Task[NoReturn] | None = None

    def start(self, bus: ChangeBus | None = None) -> None:
        """Begin to listen to this process and to the other nodes, and to compare with the database.

        Without a bus there are no others.

        Raises:
            RuntimeError: it has begun.
        """
        if self._task is not None:
            raise RuntimeError("live has been started")
        self._bus = bus or NobodyElse()
        self._stop_listening = self._listen(self._receive_own)
        self._task = asyncio.create_task(self._comparing.go_on())
        self._bus.start(self._receive, self._comparing.doubt)

    async def stop(self) -> None:
        """Stop, and let everybody's watching end; stopping twice is harmless."""
        task, self._task = self._task, None
        if task is None:
            return
        self._stop_listening()
        await self._bus.stop()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self._bookings.close()
        await self._counts.close()
        await self._hubs.close()

    async def snapshot_of(self, concert_id: UUID) -> Snapshot | None:
        """Give every seat's state now; None when there is no such concert, or it has no seats.

        From memory where somebody watches, or looked in the last seconds. A process that has not
        started reads the database each time.
        """
        try:
            if self._task is None:
                return await _read_once(concert_id)
            async with self._hubs.hold(concert_id) as hub:
                return hub.snapshot()
        except NothingToWatch:
            return None

    @asynccontextmanager
    async def hold_seats(self, concert_id: UUID) -> AsyncIterator[Hub]:
        """Keep a concert's seats at hand as a topic.

        Raises:
            InvalidArgument: there is no such public concert, or it has no seats.
            RuntimeError: live has not started.
        """
        self._check_started()
        try:
            async with self._hubs.hold(concert_id) as hub:
                hub.check_public()
                yield hub
        except NothingToWatch:
            raise InvalidArgument("concertId", "there is no such concert with seats") from None

    async def watch_seats(
        self, concert_id: UUID, since: SeatVersion | None = None
    ) -> AsyncGenerator[Frame, None]:
        """Give a snapshot, or one merged delta `since` what the viewer has; then deltas.

        A snapshot may come at any time: apply a delta only to the version it says. It ends when
        the process stops.

        Raises:
            InvalidArgument: there is no such public concert, or it has no seats.
            RuntimeError: live has not started.
        """
        # Closed here and now: left to the garbage collector it would outlive the viewer.
        async with self.hold_seats(concert_id) as hub, aclosing(follow(hub, since=since)) as frames:
            async for frame in frames:
                yield frame

    @asynccontextmanager
    async def hold_counts(
        self, concert_id: UUID, siblings: Iterable[UUID] = ()
    ) -> AsyncIterator[CountsTopic]:
        """Keep the number of a concert's seats by state at hand as a topic.

        `siblings` will be asked for next, and are counted together with it.

        Raises:
            InvalidArgument: there is no such public concert.
            RuntimeError: live has not started.
        """
        self._check_started()
        try:
            async with self._counts.hold(concert_id, siblings) as topic:
                yield topic
        except NothingToWatch:
            raise InvalidArgument("concertIds", "one of them is no concert here") from None

    async def watch_booking(
        self, viewer: Viewer | None, key: BookingKey, since: int | None = None
    ) -> AsyncGenerator[Booking, None]:
        """Give a booking now, unless `since` is its version, and after each change.

        Raises:
            InvalidArgument: there is no such booking, or it is somebody else's.
            RuntimeError: live has not started.
        """
        self._check_started()
        async with aclosing(self._bookings.watch(viewer, key, since)) as bookings:
            async for booking in bookings:
                yield booking

    async def compare(self) -> None:
        """Compare all that is watched with the database, now; what fails is logged, not raised."""
        await self._comparing.compare()

    def is_cut_off(self) -> bool:
        """Say whether other nodes' changes come by comparing only."""
        return self._bus.is_away

    def _check_started(self) -> None:
        if self._task is None:
            raise RuntimeError("live.start() comes first")

    def _receive_own(self, event: Event) -> None:
        self._receive(event)
        self._bus.publish(event)

    def _receive(self, event: Event) -> None:
        if isinstance(event, SeatsChanged):
            self._hubs.receive(event)
            self._counts.mark(event.concert_id)
        elif isinstance(event, BookingChanged):
            self._bookings.receive(event)
        else:
            self._comparing.doubt(event.concert_id)


async def _read_once(concert_id: UUID) -> Snapshot:
    hub = await open_hub(concert_id)
    try:
        return hub.snapshot()
    finally:
        hub.close()


def _nothing() -> None:
    pass
