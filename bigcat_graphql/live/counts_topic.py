"""One concert's seats by state, as a topic for all who watch them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from bigcat_graphql.catalogue.availability import SeatCounts
from bigcat_graphql.errors import Busy
from bigcat_graphql.live.counting import Count


@dataclass(frozen=True, slots=True)
class ConcertCounts:
    """A concert's seats by state."""

    concert_id: UUID
    counts: SeatCounts


_Watcher = tuple[Callable[[ConcertCounts], None], Callable[[], None]]


class CountsTopic:
    """One concert's counts, for all who watch them; a `Topic`."""

    def __init__(self, concert_id: UUID) -> None:
        self.key = ("counts", concert_id)
        self.concert_id = concert_id
        self.holders = 0
        self.lapses_at: float | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frame = ConcertCounts(concert_id, SeatCounts())
        self._watchers: dict[object, _Watcher] = {}

    def first(self, since: object | None = None) -> ConcertCounts:  # noqa: ARG002 - a frame is all
        """Give a newcomer the last counts."""
        return self._frame

    def attach(
        self, deliver: Callable[[ConcertCounts], None], end: Callable[[], None]
    ) -> Callable[[], object]:
        """Tell of each new count from now on, and of the end; gives what detaches."""
        watcher = object()
        self._watchers[watcher] = (deliver, end)
        return partial(self._watchers.pop, watcher, None)

    def slow_down(self, fanout_seconds: float) -> None:
        """Do nothing: once a second is slow enough."""

    def take(self, count: Count) -> None:
        """Tell everybody, if it is news."""
        passed_at = asyncio.get_running_loop().time()
        self.lapses_at = None if count.lapse_seconds is None else passed_at + count.lapse_seconds
        frame = ConcertCounts(self.concert_id, count.counts)
        if not self.opened.done():
            self._frame = frame
            self.opened.set_result(None)
        elif frame != self._frame:
            self._frame = frame
            for deliver, _ in tuple(self._watchers.values()):
                deliver(frame)

    def fail(self, error: Exception) -> None:
        """Tell those who wait for the first counts that there are none."""
        if not self.opened.done():
            self.opened.set_exception(error)
            self.opened.exception()  # whoever waited may have left

    def close(self) -> None:
        """Tell everybody that there are no more."""
        self.fail(Busy())
        watchers, self._watchers = self._watchers, {}
        for _, end in watchers.values():
            end()
