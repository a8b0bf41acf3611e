"""This process's live side: hubs and watched bookings, kept equal to the database."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from uuid import UUID

import structlog

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import Event, SeatsChanged, after_commit
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.live.bookings import WatchedBookings
from bigcat_graphql.live.frames import Frame, SeatVersion, Snapshot
from bigcat_graphql.live.hub import NothingToWatch, open_hub
from bigcat_graphql.live.hubs import Hubs
from bigcat_graphql.models import Booking

_log = structlog.get_logger(__name__)

# What every promise about lost messages counts on: a viewer is wrong for 5 s at most.
COMPARE_SECONDS = 5.0


class Node:
    """Live seats and bookings of one process, from `start()` to `stop()`."""

    def __init__(
        self, *, compare_seconds: float = COMPARE_SECONDS, hubs: Hubs | None = None
    ) -> None:
        self._compare_seconds = compare_seconds
        self._hubs = Hubs() if hubs is None else hubs
        self._bookings = WatchedBookings()
        self._comparing: asyncio.Task[None] | None = None
        self._stop_listening: Callable[[], None] = _nothing
        self._is_cut_off = False

    def start(self) -> None:
        """Begin to listen to this process's bookings, and to compare with the database.

        Raises:
            RuntimeError: it has begun.
        """
        if self._comparing is not None:
            raise RuntimeError("live has been started")
        self._stop_listening = after_commit(self._receive)
        self._comparing = asyncio.create_task(self._keep_comparing())

    async def stop(self) -> None:
        """Stop, and let everybody's watching end; stopping twice is harmless."""
        comparing, self._comparing = self._comparing, None
        if comparing is None:
            return
        self._stop_listening()
        comparing.cancel()
        with suppress(asyncio.CancelledError):
            await comparing
        self._bookings.close()
        await self._hubs.close()

    async def snapshot_of(self, concert_id: UUID) -> Snapshot | None:
        """Give every seat's state now; None when there is no such concert, or it has no seats.

        From memory where somebody watches, or looked in the last seconds. A process that has not
        started reads the database each time.
        """
        try:
            if self._comparing is None:
                return await _read_once(concert_id)
            async with self._hubs.hold(concert_id) as hub:
                return hub.snapshot()
        except NothingToWatch:
            return None

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
        self._check_started()
        try:
            async with self._hubs.hold(concert_id) as hub:
                hub.check_public()
                # Closed here and now: left to the garbage collector it would outlive the viewer.
                async with aclosing(hub.frames(since)) as frames:
                    async for frame in frames:
                        yield frame
        except NothingToWatch:
            raise InvalidArgument("concertId", "there is no such concert with seats") from None

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
        # One after another: comparing never takes more than one connection from buyers.
        works = [await self._try(hub.compare) for hub in self._hubs.open_hubs()]
        works.append(await self._try(self._bookings.compare))
        if self._is_cut_off and all(works):
            _log.info("live_compare_works_again")
        self._is_cut_off = not all(works)

    def _check_started(self) -> None:
        if self._comparing is None:
            raise RuntimeError("live.start() comes first")

    def _receive(self, event: Event) -> None:
        if isinstance(event, SeatsChanged):
            self._hubs.receive(event)
        else:
            self._bookings.receive(event)

    async def _keep_comparing(self) -> None:
        while True:
            await asyncio.sleep(self._compare_seconds)
            await self.compare()

    async def _try(self, compare: Callable[[], Awaitable[None]]) -> bool:
        try:
            # A database that hangs must not keep the other hubs from theirs.
            async with asyncio.timeout(self._compare_seconds):
                await compare()
        except Exception:  # noqa: BLE001 - whatever it is, viewers keep what they have
            if not self._is_cut_off:
                _log.warning("live_compare_failed", exc_info=True)
            self._is_cut_off = True
            return False
        return True


async def _read_once(concert_id: UUID) -> Snapshot:
    hub = await open_hub(concert_id)
    try:
        return hub.snapshot()
    finally:
        hub.close()


def _nothing() -> None:
    pass
