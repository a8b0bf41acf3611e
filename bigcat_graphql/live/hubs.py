"""The hubs of this node: one for each concert that somebody watches, or looked at just now."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context
from uuid import UUID

from bigcat_graphql.booking.events import SeatChange, SeatsChanged
from bigcat_graphql.errors import Busy
from bigcat_graphql.live.hub import Hub, open_hub

# Long enough for a page that asks for the map and then subscribes, or that lost its connection.
KEEP_SECONDS = 10.0
# What queries alone keep alive: a hub of 20,000 seats costs 0.3 MB, and a reading every 5 s.
MOST_IDLE = 32


class _Place:
    """A concert's place among the hubs, from the moment its first reading begins."""

    def __init__(self, concert_id: UUID) -> None:
        self.concert_id = concert_id
        self.holders = 0
        self.hub: Hub | None = None
        self.early: list[SeatChange] = []
        self.retirement: asyncio.TimerHandle | None = None
        # A context of its own: it must not inherit the transaction of whoever asked first.
        self.opening = asyncio.create_task(self._open(), context=Context())
        # Who waited for it may have left: its error then concerns nobody.
        self.opening.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _open(self) -> Hub:
        hub = await open_hub(self.concert_id)
        # Changes count from before the reading, so that none falls between the two.
        hub.receive(self.early)
        self.early.clear()
        self.hub = hub
        return hub

    @property
    def is_over(self) -> bool:
        """Whether opening failed, or the hub closed."""
        return self.hub.is_closed if self.hub else self.opening.done()

    def receive(self, changes: tuple[SeatChange, ...]) -> None:
        """Pass changes on, or keep them until there is a hub."""
        if self.hub is None:
            self.early.extend(changes)
        else:
            self.hub.receive(changes)

    def close(self) -> None:
        """End whatever goes on here."""
        self.opening.cancel()
        if self.retirement is not None:
            self.retirement.cancel()
        if self.hub is not None:
            self.hub.close()


class Hubs:
    """Opens a hub when it is first asked for, and drops it some seconds after its last holder."""

    def __init__(self, *, keep_seconds: float = KEEP_SECONDS, most_idle: int = MOST_IDLE) -> None:
        self._keep_seconds = keep_seconds
        self._most_idle = most_idle
        self._places: dict[UUID, _Place] = {}
        # Those without a holder, the longest idle first.
        self._idle: dict[UUID, _Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    @asynccontextmanager
    async def hold(self, concert_id: UUID) -> AsyncIterator[Hub]:
        """Keep a concert's hub open; all who come while it opens share one reading.

        Raises:
            NothingToWatch: see there.
            Busy: the node stops.
        """
        place = self._take(concert_id)
        try:
            yield await _wait_for(place.opening)
        finally:
            self._give_back(place)

    def open_hubs(self) -> list[Hub]:
        """List the hubs that are open."""
        return [place.hub for place in self._places.values() if place.hub and not place.is_over]

    def receive(self, event: SeatsChanged) -> None:
        """Pass committed changes on to whoever watches that concert."""
        place = self._places.get(event.concert_id)
        if place is not None:
            place.receive(event.changes)

    async def close(self) -> None:
        """Close all hubs, and wait for what was being read."""
        places = list(self._places.values())
        for place in places:
            self._drop(place)
        await asyncio.gather(*[place.opening for place in places], return_exceptions=True)

    def _take(self, concert_id: UUID) -> _Place:
        place = self._places.get(concert_id)
        if place is None or place.is_over:
            place = self._places[concert_id] = _Place(concert_id)
        place.holders += 1
        self._idle.pop(concert_id, None)
        if place.retirement is not None:
            place.retirement.cancel()
            place.retirement = None
        return place

    def _give_back(self, place: _Place) -> None:
        place.holders -= 1
        if place.holders:
            return
        if place.is_over or self._places.get(place.concert_id) is not place:
            self._drop(place)
            return
        self._idle[place.concert_id] = place
        loop = asyncio.get_running_loop()
        place.retirement = loop.call_later(self._keep_seconds, self._drop, place)
        if len(self._idle) > self._most_idle:
            self._drop(next(iter(self._idle.values())))

    def _drop(self, place: _Place) -> None:
        place.close()
        for places in (self._places, self._idle):
            # Another may have taken its place meanwhile.
            if places.get(place.concert_id) is place:
                del places[place.concert_id]


async def _wait_for(opening: asyncio.Task[Hub]) -> Hub:
    try:
        # One viewer that leaves must not take the reading away from the others.
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise Busy from None  # the node stops; whoever asked does not
