"""How many seats are left of the concerts that somebody watches, told once a second at most."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from contextvars import Context
from uuid import UUID

import structlog

from bigcat_graphql.live.counting import Count, count_seats
from bigcat_graphql.live.counts_topic import CountsTopic
from bigcat_graphql.live.hub import NothingToWatch
from bigcat_graphql.live.hubs import Hubs

_log = structlog.get_logger(__name__)

# What the schema promises at most; all concerts of a node are counted together.
WINDOW_SECONDS = 1.0
# Long enough for a page that comes back, or that opens its concerts one after another.
KEEP_SECONDS = 10.0


class WatchedCounts:
    """The concerts whose counts are watched on this node.

    Whatever changes, one statement a second at most counts those that changed, and none those
    whose seats are in a hub.
    """

    def __init__(self, hubs: Hubs) -> None:
        self._hubs = hubs
        self._topics: dict[UUID, CountsTopic] = {}
        self._unopened: list[CountsTopic] = []
        self._stale: set[UUID] = set()
        self._opening: asyncio.Task[None] | None = None
        self._counting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_failing = False

    @asynccontextmanager
    async def hold(
        self, concert_id: UUID, siblings: Iterable[UUID] = ()
    ) -> AsyncIterator[CountsTopic]:
        """Keep a concert's counts up to date.

        `siblings` will be held next: all of them are counted for the first time together.

        Raises:
            NothingToWatch: there is no such concert, or it is a draft.
        """
        topic = self._find(concert_id)
        for sibling in siblings:
            self._find(sibling)
        topic.holders += 1
        try:
            # One viewer that leaves must not take the count away from the others.
            await asyncio.shield(topic.opened)
            yield topic
        finally:
            topic.holders -= 1
            self._retire_later(topic)

    def mark(self, concert_id: UUID) -> None:
        """Note that a concert's seats may have changed."""
        if concert_id in self._topics:
            self._stale.add(concert_id)
            if self._counting is None:
                # A context of its own: it must not live in the transaction of whoever told.
                self._counting = asyncio.create_task(self._count_stale(), context=Context())

    def mark_all(self) -> None:
        """Note that anything may have changed."""
        for concert_id in self._topics:
            self.mark(concert_id)

    async def close(self) -> None:
        """Let everybody's watching end."""
        topics, self._topics = self._topics, {}
        if self._timer is not None:
            self._timer.cancel()
        tasks = [task for task in (self._opening, self._counting) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._opening = self._counting = self._timer = None
        for topic in topics.values():
            topic.close()

    def _find(self, concert_id: UUID) -> CountsTopic:
        topic = self._topics.get(concert_id)
        if topic is None:
            topic = self._topics[concert_id] = CountsTopic(concert_id)
            self._retire_later(topic)
            self._unopened.append(topic)
            if self._opening is None:
                self._opening = asyncio.create_task(self._open(), context=Context())
        return topic

    def _retire_later(self, topic: CountsTopic) -> None:
        if not topic.holders:
            asyncio.get_running_loop().call_later(KEEP_SECONDS, self._retire, topic)

    def _retire(self, topic: CountsTopic) -> None:
        if not topic.holders:
            self._drop(topic)

    def _drop(self, topic: CountsTopic) -> None:
        # Another may have taken its place meanwhile.
        if self._topics.get(topic.concert_id) is topic:
            del self._topics[topic.concert_id]

    async def _open(self) -> None:
        try:
            while self._unopened:
                topics, self._unopened = self._unopened, []
                await self._open_together(topics)
        finally:
            self._opening = None

    async def _open_together(self, topics: list[CountsTopic]) -> None:
        try:
            counted = await count_seats(topic.concert_id for topic in topics)
        except Exception as error:  # noqa: BLE001 - those who wait are told, whatever it is
            self._refuse(topics, error)
            return
        self._refuse(
            [topic for topic in topics if topic.concert_id not in counted], NothingToWatch()
        )
        for topic in topics:
            if topic.concert_id in counted:
                topic.take(counted[topic.concert_id])
        self._arm()

    def _refuse(self, topics: list[CountsTopic], error: Exception) -> None:
        for topic in topics:
            self._drop(topic)
            topic.fail(error)

    async def _count_stale(self) -> None:
        try:
            while self._stale:
                stale, self._stale = self._stale, set()
                await self._try(stale)
                await asyncio.sleep(WINDOW_SECONDS)
        finally:
            self._counting = None

    async def _try(self, stale: set[UUID]) -> None:
        topics = [topic for topic in self._topics.values() if topic.concert_id in stale]
        # Changed while it is being counted for the first time: that count may be too old.
        self._stale |= {topic.concert_id for topic in topics if not topic.opened.done()}
        topics = [topic for topic in topics if topic.opened.done()]
        try:
            counted = await self._count({topic.concert_id for topic in topics})
        except Exception:  # noqa: BLE001 - whatever it is, viewers keep what they have
            if not self._is_failing:
                _log.warning("live_counts_failed", exc_info=True)
            self._is_failing = True
            self._stale |= stale
            return
        self._is_failing = False
        for topic in topics:
            if topic.concert_id in counted:
                topic.take(counted[topic.concert_id])
        self._arm()

    async def _count(self, concert_ids: set[UUID]) -> dict[UUID, Count]:
        hubs = [hub for hub in self._hubs.open_hubs() if hub.concert_id in concert_ids]
        counted = {hub.concert_id: hub.count() for hub in hubs}
        elsewhere = concert_ids.difference(counted)
        return counted | (await count_seats(elsewhere) if elsewhere else {})

    def _arm(self) -> None:
        """See to it that reservations whose time is over are counted anew."""
        lapses = [topic.lapses_at for topic in self._topics.values() if topic.lapses_at is not None]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if lapses:
            self._timer = asyncio.get_running_loop().call_at(min(lapses), self._lapse)

    def _lapse(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for topic in self._topics.values():
            if topic.lapses_at is not None and topic.lapses_at <= now:
                topic.lapses_at = None
                self.mark(topic.concert_id)
        self._arm()
