"""Comparing what is watched with the database: every few seconds, and soon when there is doubt."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import NoReturn
from uuid import UUID

import structlog

from bigcat_graphql.live.bookings import WatchedBookings
from bigcat_graphql.live.counts import WatchedCounts
from bigcat_graphql.live.hub import Hub
from bigcat_graphql.live.hubs import Hubs
from bigcat_graphql.settings import get_settings

_log = structlog.get_logger(__name__)

# Doubts that keep coming, as in a rush that outgrows the bus, are settled this often at most.
_PAUSE_SECONDS = 0.25


class Comparing:
    """What makes good whatever was lost; a viewer is wrong for `every_seconds` at most.

    Left out, it is the setting.
    """

    def __init__(
        self,
        hubs: Hubs,
        counts: WatchedCounts,
        bookings: WatchedBookings,
        *,
        every_seconds: float | None,
    ) -> None:
        self._hubs = hubs
        self._counts = counts
        self._bookings = bookings
        self._given_seconds = every_seconds
        self._doubtful: set[UUID] = set()
        self._is_all_doubtful = False
        self._doubt = asyncio.Event()
        self._is_cut_off = False

    @property
    def _every_seconds(self) -> float:
        return self._given_seconds or get_settings().compare_seconds

    def doubt(self, concert_id: UUID | None = None) -> None:
        """Compare this concert soon; left out means all that is watched."""
        if concert_id is None:
            self._is_all_doubtful = True
        else:
            self._doubtful.add(concert_id)
        self._doubt.set()

    async def go_on(self) -> NoReturn:
        """Compare for ever; what fails is logged, and tried again."""
        loop = asyncio.get_running_loop()
        due_at = loop.time() + self._every_seconds
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due_at):
                    await self._doubt.wait()
            self._doubt.clear()
            if self._is_all_doubtful or loop.time() >= due_at:
                await self.compare()
                due_at = loop.time() + self._every_seconds
            else:
                await self._compare_doubtful()
            await asyncio.sleep(min(_PAUSE_SECONDS, self._every_seconds))

    async def compare(self) -> None:
        """Compare all that is watched with the database, now; what fails is logged, not raised."""
        self._is_all_doubtful = False
        self._doubtful.clear()
        await self._compare(self._hubs.open_hubs())
        self._counts.mark_all()

    async def _compare_doubtful(self) -> None:
        doubtful, self._doubtful = self._doubtful, set()
        await self._compare([hub for hub in self._hubs.open_hubs() if hub.concert_id in doubtful])
        for concert_id in doubtful:
            self._counts.mark(concert_id)

    async def _compare(self, hubs: Iterable[Hub]) -> None:
        # One after another: comparing never takes more than one connection from buyers.
        works = [await self._try(hub.compare) for hub in hubs]
        works.append(await self._try(self._bookings.compare))
        if self._is_cut_off and all(works):
            _log.info("live_compare_works_again")
        self._is_cut_off = not all(works)

    async def _try(self, compare: Callable[[], Awaitable[None]]) -> bool:
        try:
            # A database that hangs must not keep the other hubs from theirs.
            async with asyncio.timeout(self._every_seconds):
                await compare()
        except Exception:  # noqa: BLE001 - whatever it is, viewers keep what they have
            if not self._is_cut_off:
                _log.warning("live_compare_failed", exc_info=True)
            self._is_cut_off = True
            return False
        return True
