"""The seats of one watched concert: changes come in, frames go out at a steady pace."""

from __future__ import annotations  # array[int] is a type only since Python 3.12

import asyncio
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from bigcat_graphql.booking.events import SeatChange
from bigcat_graphql.catalogue import plan_by_id
from bigcat_graphql.live.counting import Count
from bigcat_graphql.live.frames import Frame, SeatVersion, Snapshot
from bigcat_graphql.live.pace import Pace
from bigcat_graphql.live.reading import SeatReading, read_seats
from bigcat_graphql.live.state import HubState

_log = structlog.get_logger(__name__)

_Watcher = tuple[Callable[[Frame], None], Callable[[], None]]


class NothingToWatch(Exception):
    """There is no such concert, or it has no seats here."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """The database's clock, carried on by the event loop's, which nobody can set."""

    read_at: datetime
    read_at_loop_seconds: float

    def now(self) -> datetime:
        passed = asyncio.get_running_loop().time() - self.read_at_loop_seconds
        return self.read_at + timedelta(seconds=passed)

    def loop_seconds(self, at: datetime) -> float:
        return self.read_at_loop_seconds + (at - self.read_at).total_seconds()


async def open_hub(concert_id: UUID) -> Hub:
    """Read a concert's seats, and be their hub.

    Raises:
        NothingToWatch: see there.
    """
    reading, clock = await _read(concert_id)
    return Hub(concert_id, await _start_state(reading), clock, is_draft=reading.is_draft)


class Hub:
    """One concert on this node, for all of its viewers.

    It is a `Topic`: whoever attaches is told each frame once, and no queue is kept for anybody. A
    hub has one timer, for the next thing due, and no task.
    """

    def __init__(self, concert_id: UUID, state: HubState, clock: _Clock, *, is_draft: bool) -> None:
        self.concert_id = concert_id
        self.key = ("seats", concert_id)
        self._is_draft = is_draft
        self.is_closed = False
        self._state = state
        self._clock = clock
        self._pace = Pace()
        self._watchers: dict[object, _Watcher] = {}
        self._timer: asyncio.TimerHandle | None = None
        # Kept here: uvloop's handle for a time that has come does not tell its time.
        self._rings_at = 0.0
        # What was committed since a comparison began; it may or may not be in what that reads.
        self._meanwhile: list[SeatChange] = []
        self._arm()

    def check_public(self) -> None:
        """Refuse to show a concert that nobody may know of yet.

        Raises:
            NothingToWatch: it is a draft.
        """
        if self._is_draft:
            raise NothingToWatch

    def receive(self, changes: Iterable[SeatChange]) -> None:
        """Take committed changes, in any order and any number of times."""
        changes = tuple(changes)
        self._meanwhile.extend(changes)
        self._state.merge(changes, self._clock.now())
        self._arm()

    def snapshot(self) -> Snapshot:
        """Give every seat's state now, with all changes received so far."""
        # What is due this very moment must not wait for the timer.
        self._state.lapse(self._clock.now())
        snapshot = self._state.early_snapshot()
        self._arm()
        return snapshot

    def count(self) -> Count:
        """Count the seats by state now, with all changes received so far."""
        now = self._clock.now()
        self._state.lapse(now)
        self._arm()
        lapse_at = self._state.next_lapse_at
        lapse_seconds = None if lapse_at is None else (lapse_at - now).total_seconds()
        return Count(self._state.counts, lapse_seconds)

    def first(self, since: SeatVersion | None = None) -> Frame:
        """Give a newcomer the state as of the last frame, or one merged delta `since` then."""
        return self._state.frame_after(since) if since else self._state.snapshot()

    def attach(
        self, deliver: Callable[[Frame], None], end: Callable[[], None]
    ) -> Callable[[], object]:
        """Tell of each new frame from now on, and of the end; gives what detaches."""
        if self.is_closed:
            asyncio.get_running_loop().call_soon(end)
        watcher = object()
        self._watchers[watcher] = (deliver, end)
        return partial(self._watchers.pop, watcher, None)

    def slow_down(self, fanout_seconds: float) -> None:
        """Take into account how long a frame took to reach everybody."""
        self._pace.slow_down(fanout_seconds)

    async def compare(self) -> None:
        """Take over what the database has and nobody told; close when there is nothing left."""
        self._meanwhile.clear()
        known = array("i", self._state.versions)
        try:
            reading, clock = await _read(self.concert_id)
        except NothingToWatch:
            self.close()
            return

        self._clock, self._is_draft = clock, reading.is_draft
        if reading.plan_id != self._state.plan.id or _went_back(known, reading.versions):
            _log.warning("live_seats_start_anew", concert_id=str(self.concert_id))
            self._state = await _start_state(reading)
            # The old state had these; the new one began before some of them.
            self._state.merge(self._meanwhile, clock.now())
            self._tell(self._state.snapshot())
        else:
            self._state.merge_reading(reading, clock.now())
        self._arm()

    def close(self) -> None:
        """Stop, and tell everybody that there are no more frames."""
        self.is_closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        watchers, self._watchers = self._watchers, {}
        for _, end in watchers.values():
            end()

    def _arm(self) -> None:
        """See to it that the timer rings for the next frame or lapse, whichever comes first."""
        if self.is_closed:
            return
        due = [self._pace.due_at] if self._state.has_news else []
        if self._state.next_lapse_at is not None:
            due.append(self._clock.loop_seconds(self._state.next_lapse_at))
        if due:
            self._wake_at(max(min(due), _loop_seconds()))

    def _wake_at(self, at: float) -> None:
        if self._timer is not None and self._rings_at <= at:
            return  # it sets the next one when it rings
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = at
        self._timer = asyncio.get_running_loop().call_at(at, self._work)

    def _work(self) -> None:
        self._timer = None
        self._state.lapse(self._clock.now())
        if self._pace.due_at <= _loop_seconds() and (frame := self._state.deliver()) is not None:
            self._tell(frame)
        self._arm()

    def _tell(self, frame: Frame) -> None:
        self._pace.deliver(_loop_seconds())
        for deliver, _ in tuple(self._watchers.values()):
            deliver(frame)


async def _read(concert_id: UUID) -> tuple[SeatReading, _Clock]:
    reading = await read_seats(concert_id)
    if reading is None:
        raise NothingToWatch
    # Read after the answer came, so that our clock is never ahead: a seat that we show free must
    # be free to whoever clicks on it at once.
    return reading, _Clock(reading.read_at, _loop_seconds())


async def _start_state(reading: SeatReading) -> HubState:
    return HubState(await plan_by_id(reading.plan_id), reading)


def _went_back(known: array[int], read: array[int]) -> bool:
    """Say whether the database forgot versions we knew before it was asked.

    A restored backup, or a fail-over that lost commits: then older is true, and newer is not.
    """
    return known != read and any(k > r for k, r in zip(known, read, strict=True))


def _loop_seconds() -> float:
    return asyncio.get_running_loop().time()
