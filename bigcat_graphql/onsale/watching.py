"""Who watches a sale queue on this node: one look a second for all of them, whatever its length.

Everybody is told the same head of the line; one's own place is told when it changes, and being
told is being present.
"""

import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import QueueEntry, QueuePhase
from bigcat_graphql.onsale.entries import ENTRY, entries_of, entry_of, find_entry
from bigcat_graphql.onsale.presence import presence_of
from bigcat_graphql.onsale.queues import QueueState, queues_of

# What commits late is seen all the same; what was told before is not told again.
_LOOK_BACK_SECONDS = 5.0
_AT_A_TIME = 1_000
_CHANGED = f"""
SELECT {ENTRY} FROM queue_entry e
WHERE e.concert_id = ANY($1::uuid[]) AND e.changed_at > now() - make_interval(secs => $2)
"""


@dataclass(frozen=True, slots=True)
class QueueSight:
    """A queue as of one second, with one's own place when there is something new about it."""

    queue: QueueState
    entry: QueueEntry | None = None


Deliver = Callable[[QueueSight], None]
End = Callable[[], None]


@dataclass(eq=False)
class _Told:
    """Whom to tell, and how to tell them that there will be nothing more."""

    listeners: list[tuple[Deliver, End]] = field(default_factory=list)

    def attach(self, deliver: Deliver, end: End) -> Callable[[], None]:
        """Have frames delivered until the function that comes back is called."""
        listener = (deliver, end)
        self.listeners.append(listener)

        def detach() -> None:
            if listener in self.listeners:
                self.listeners.remove(listener)

        return detach

    def slow_down(self, fanout_seconds: float) -> None:
        """Go on: a frame a second is slow enough."""

    def tell(self, sight: QueueSight) -> None:
        for deliver, _ in tuple(self.listeners):
            deliver(sight)

    def end(self) -> None:
        for _, end in tuple(self.listeners):
            end()


@dataclass(eq=False)
class WatchedPlace(_Told):
    """One account's place, for all of its tabs on this node."""

    queue: "WatchedQueue" = field(kw_only=True)
    account_id: UUID = field(kw_only=True)
    entry: QueueEntry | None = None
    holders: int = 0

    @property
    def key(self) -> Hashable:
        """What tells it from all other topics."""
        return ("place", self.queue.state.concert_id, self.account_id)

    def first(self, since: object | None = None) -> QueueSight:  # noqa: ARG002 - nothing to resume
        """Give the queue and the place as they are."""
        return QueueSight(self.queue.state, self.entry)

    def change(self, entry: QueueEntry | None) -> None:
        """Tell of the place if its owner has not heard of it as it is."""
        if _facts(entry) != _facts(self.entry):
            self.entry = entry
            self.tell(QueueSight(self.queue.state, entry))


@dataclass(eq=False)
class WatchedQueue(_Told):
    """A queue that somebody on this node watches."""

    state: QueueState = field(kw_only=True)
    places: dict[UUID, WatchedPlace] = field(default_factory=dict)
    holders: int = 0

    @property
    def key(self) -> Hashable:
        """What tells it from all other topics."""
        return ("queue", self.state.concert_id)

    def first(self, since: object | None = None) -> QueueSight:  # noqa: ARG002 - nothing to resume
        """Give the queue as it is."""
        return QueueSight(self.state)


_watched: dict[UUID, WatchedQueue] = {}
_looked_at = time.monotonic()


@asynccontextmanager
async def hold_queue(concert_id: UUID) -> AsyncIterator[WatchedQueue]:
    """Watch a queue as long as somebody holds it.

    Raises:
        InvalidArgument: there is no queue in front of this concert.
    """
    queue = _watched.get(concert_id)
    if queue is None:
        found = await queues_of([concert_id])
        if concert_id not in found:
            raise InvalidArgument("concertId", "there is no sale queue in front of this concert")
        queue = _watched.setdefault(concert_id, WatchedQueue(state=found[concert_id]))
    queue.holders += 1
    try:
        yield queue
    finally:
        queue.holders -= 1
        if not queue.holders and _watched.get(concert_id) is queue:
            del _watched[concert_id]


@asynccontextmanager
async def hold_place(concert_id: UUID, viewer: Viewer) -> AsyncIterator[WatchedPlace]:
    """Watch one's own place, and be present as long as somebody holds it.

    Raises:
        InvalidArgument: there is no queue in front of this concert.
    """
    account_id = viewer.account_id
    async with hold_queue(concert_id) as queue:
        with presence_of(concert_id, account_id):
            # There to be told before it is read: what changes in between must not be missed.
            place = queue.places.setdefault(
                account_id, WatchedPlace(queue=queue, account_id=account_id)
            )
            place.holders += 1
            try:
                entry = await find_entry(viewer, concert_id=concert_id)
                if place.entry is None:
                    place.change(entry)
                yield place
            finally:
                place.holders -= 1
                if not place.holders and queue.places.get(account_id) is place:
                    del queue.places[account_id]


async def look() -> None:
    """Look at all queues that are watched here, and tell what is new; two statements in all."""
    global _looked_at  # noqa: PLW0603 - one process, one look a second
    if not _watched:
        _looked_at = time.monotonic()
        return
    states = await queues_of(list(_watched))
    changed = await _read_changes()
    for concert_id, queue in tuple(_watched.items()):
        state = states.get(concert_id, queue.state)
        was_drawn = state.phase is QueuePhase.OPEN and queue.state.phase is not QueuePhase.OPEN
        if was_drawn:
            await _tell_ranks(queue, state)
        queue.state = state
        queue.tell(QueueSight(state))
        if state.phase is QueuePhase.CLOSED:
            _end(queue)
    _tell_rows(changed)


def tell_place(entry: QueueEntry) -> None:
    """Tell the owner's tabs here at once of what this node has just done with the place."""
    place = _place_of(entry.concert_id, entry.account_id)
    if place is not None:
        place.change(entry)


async def _read_changes() -> list[Record]:
    global _looked_at  # noqa: PLW0603 - one process, one look a second
    looked_at, passed = time.monotonic(), time.monotonic() - _looked_at
    rows = await database.fetch_all(_CHANGED, list(_watched), passed + _LOOK_BACK_SECONDS)
    _looked_at = looked_at
    return rows


async def _tell_ranks(queue: WatchedQueue, state: QueueState) -> None:
    """Tell everybody here what the draw gave them; some at a time, for others are served too."""
    queue.state = replace(state, phase=queue.state.phase)
    accounts = list(queue.places)
    for start in range(0, len(accounts), _AT_A_TIME):
        piece = accounts[start : start + _AT_A_TIME]
        entries = await entries_of(state.concert_id, piece)
        for account_id, entry in entries.items():
            place = queue.places.get(account_id)
            if place is not None:
                place.change(entry)


def _tell_rows(rows: Iterable[Record]) -> None:
    # While very many join elsewhere, few of the rows are of somebody here.
    for row in rows:
        place = _place_of(row["concert_id"], row["account_id"])
        if place is not None:
            place.change(entry_of(row))


def _place_of(concert_id: UUID, account_id: UUID) -> WatchedPlace | None:
    queue = _watched.get(concert_id)
    return queue.places.get(account_id) if queue else None


def _end(queue: WatchedQueue) -> None:
    queue.end()
    for place in queue.places.values():
        place.end()


def _facts(entry: QueueEntry | None) -> object:
    return entry and (entry.status, entry.rank, entry.admitted_until)
