"""What a hub knows about the seats of one concert, without clock, tasks or database."""

import heapq
import secrets
from collections.abc import Iterable
from datetime import datetime

from bigcat_graphql.booking.events import SeatChange
from bigcat_graphql.catalogue.availability import SeatCounts
from bigcat_graphql.catalogue.plan import Plan
from bigcat_graphql.live.frames import AreaCounts, Delta, Frame, SeatVersion, Snapshot
from bigcat_graphql.live.history import History
from bigcat_graphql.live.reading import SeatReading
from bigcat_graphql.live.tally import Tally

_AVAILABLE, _RESERVED = b"AR"
# Viewers that were cut off together come back together, from a handful of versions.
_KEPT_DELTAS = 32


class HubState:
    """The seats of one concert as viewers see them, and the frames that tell it.

    Changes merge by the version of the seat's row, so neither order nor repeats matter. A RESERVED
    seat is shown AVAILABLE once its time is over, whether or not the database says so yet. Frames
    are numbered within an epoch of 64 random bits: versions of two hubs are never mistaken for
    each other. `now` is always the database's time.

    Raises:
        ValueError: the plan has another number of seats than were read.
    """

    def __init__(self, plan: Plan, reading: SeatReading) -> None:
        if len(reading.letters) != plan.total_count:
            raise ValueError(f"{len(reading.letters)} seats, and {plan.total_count} in the plan")
        self.plan = plan
        self.epoch = secrets.token_hex(8)
        self.version = 0
        self.versions = reading.versions
        self._until: dict[int, datetime] = {}
        self._lapses: list[tuple[datetime, int]] = []
        self._shown = self._show_all(reading)
        self._area_positions = {area.key: position for position, area in enumerate(plan.areas)}
        self._area_tallies = [
            Tally(self._shown[area.first_index : area.first_index + area.place_count])
            for area in plan.areas
        ]
        self._tally = Tally(self._shown)
        # What follows is as of `version`; the above may be ahead of it.
        self._letters = self._shown[: plan.seat_count]
        self._counts = self._tally.counts
        self._areas = self._count_areas()
        self._touched: set[int] = set()
        # Seats and areas that a query was shown ahead of the frame that will tell of them.
        self._told_early: tuple[set[int], set[int]] = (set(), set())
        self._history = History()
        self._snapshot: Snapshot | None = None
        self._early_snapshot: Snapshot | None = None
        self._deltas: dict[int, Delta] = {}

    def merge(self, changes: Iterable[SeatChange], now: datetime) -> None:
        """Take over the changes that are news; those of seats that the plan lacks are not."""
        for change in changes:
            if (
                0 <= change.index < len(self._shown)
                and change.version > self.versions[change.index]
            ):
                self.versions[change.index] = change.version
                self._set(change.index, ord(change.status), change.reserved_until, now)

    def merge_reading(self, reading: SeatReading, now: datetime) -> None:
        """Take over what a reading has that is news."""
        if reading.versions == self.versions:
            return
        pairs = enumerate(zip(reading.versions, self.versions, strict=True))
        for index in [index for index, (read, known) in pairs if read > known]:
            self.versions[index] = reading.versions[index]
            until = reading.reserved_until.get(index)
            self._set(index, reading.letters[index], until, now)

    def lapse(self, now: datetime) -> None:
        """Show the seats AVAILABLE whose time is over."""
        while (due_at := self.next_lapse_at) is not None and due_at <= now:
            _, index = heapq.heappop(self._lapses)
            del self._until[index]
            self._show(index, _AVAILABLE)

    @property
    def next_lapse_at(self) -> datetime | None:
        """When the next reservation is over."""
        while self._lapses:
            until, index = self._lapses[0]
            if self._until.get(index) == until:
                return until
            heapq.heappop(self._lapses)  # the seat has changed since
        return None

    @property
    def reached(self) -> SeatVersion:
        """The newest version there are frames for."""
        return SeatVersion(self.epoch, self.version)

    @property
    def counts(self) -> SeatCounts:
        """Seats by state, with what no frame has told yet."""
        return self._tally.counts

    @property
    def has_news(self) -> bool:
        """Whether something may have to be delivered."""
        return bool(self._touched) or any(self._told_early)

    def deliver(self) -> Delta | None:
        """Make a version of the changes so far, and the frame that leads to it.

        None when they come to nothing.
        """
        seats, areas = self._find_changes()
        # What a query was told must be told again, even if it went back since.
        seats |= self._told_early[0]
        areas |= self._told_early[1]
        self._touched.clear()
        self._told_early = (set(), set())
        if not seats and not areas:
            return None

        self._letters = self._shown[: self.plan.seat_count]
        self._areas, self._counts = self._count_areas(), self._tally.counts
        self._history.add(self.version, seats, areas)
        self.version += 1
        self._snapshot = self._early_snapshot = None
        self._deltas.clear()
        return self._keep(self._make_delta(self.version - 1, seats, areas))

    def snapshot(self) -> Snapshot:
        """Give the state at the newest version; made once a version."""
        if self._snapshot is None:
            self._snapshot = self._make_snapshot(self._letters, self._areas, self._counts)
        return self._snapshot

    def early_snapshot(self) -> Snapshot:
        """Give the state with what no frame has told yet, under the newest version's number.

        The next frame repeats whatever this is ahead: frames carry states, not steps.
        """
        if self._early_snapshot is None:
            seats, areas = self._find_changes()
            self._told_early[0].update(seats)
            self._told_early[1].update(areas)
            self._early_snapshot = self.snapshot()
            if seats or areas:
                letters = self._shown[: self.plan.seat_count]
                self._early_snapshot = self._make_snapshot(
                    letters, self._count_areas(), self._tally.counts
                )
        return self._early_snapshot

    def frame_after(self, since: SeatVersion) -> Frame:
        """Give all that is new since a version, as one delta.

        Returns:
            A snapshot where that was more than 600 frames ago, or in another epoch.
        """
        if since.epoch != self.epoch or not 0 <= since.version <= self.version:
            return self.snapshot()
        known = self._deltas.get(since.version)
        if known is not None:
            return known

        touched: tuple[set[int], set[int]] | None = (set(), set())
        if since.version < self.version:
            touched = self._history.since(since.version)
        if touched is None:
            return self.snapshot()
        return self._keep(self._make_delta(since.version, *touched))

    def _find_changes(self) -> tuple[set[int], set[int]]:
        numbered = self.plan.seat_count
        touched = self._touched
        seats = {i for i in touched if i < numbered and self._letters[i] != self._shown[i]}
        areas = self._count_areas() if any(i >= numbered for i in touched) else self._areas
        return seats, {i for i, area in enumerate(areas) if area != self._areas[i]}

    def _show_all(self, reading: SeatReading) -> bytearray:
        shown = bytearray(reading.letters)
        for index, until in reading.reserved_until.items():
            if until <= reading.read_at:
                shown[index] = _AVAILABLE
            else:
                self._until[index] = until
        self._queue_lapses()
        return shown

    def _queue_lapses(self) -> None:
        self._lapses = [(until, index) for index, until in self._until.items()]
        heapq.heapify(self._lapses)

    def _set(self, index: int, letter: int, until: datetime | None, now: datetime) -> None:
        self._until.pop(index, None)
        if letter != _RESERVED or until is None:
            self._show(index, letter)
        elif until <= now:
            self._show(index, _AVAILABLE)
        else:
            self._until[index] = until
            heapq.heappush(self._lapses, (until, index))
            self._show(index, letter)
            # Seats that were given back leave their times behind: make the queue anew, not longer.
            if len(self._lapses) > 2 * len(self._until) + 1000:
                self._queue_lapses()

    def _show(self, index: int, letter: int) -> None:
        old = self._shown[index]
        if old == letter:
            return
        self._shown[index] = letter
        self._tally.move(old, letter)
        area = self.plan.area_of(index)
        if area is not None:
            self._area_tallies[self._area_positions[area.key]].move(old, letter)
        self._touched.add(index)
        self._early_snapshot = None

    def _count_areas(self) -> tuple[AreaCounts, ...]:
        pairs = zip(self.plan.areas, self._area_tallies, strict=True)
        return tuple(AreaCounts(area.key, tally.counts) for area, tally in pairs)

    def _make_snapshot(
        self, letters: bytearray, areas: tuple[AreaCounts, ...], counts: SeatCounts
    ) -> Snapshot:
        return Snapshot(
            epoch=self.epoch,
            version=self.version,
            plan_version=self.plan.version,
            statuses=letters.decode("ascii"),
            areas=areas,
            counts=counts,
        )

    def _make_delta(self, from_version: int, seats: set[int], areas: set[int]) -> Delta:
        indexes = tuple(sorted(seats))
        return Delta(
            epoch=self.epoch,
            from_version=from_version,
            to_version=self.version,
            plan_version=self.plan.version,
            indexes=indexes,
            statuses=bytes(self._letters[index] for index in indexes).decode("ascii"),
            areas=tuple(self._areas[position] for position in sorted(areas)),
            counts=self._counts,
        )

    def _keep(self, delta: Delta) -> Delta:
        if len(self._deltas) >= _KEPT_DELTAS:
            self._deltas.clear()
        self._deltas[delta.from_version] = delta
        return delta
