"""Which seats and areas the last frames touched, so that who was cut off can go on."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

# A minute of frames at their highest rate, 10 a second.
FRAMES = 600
# However many seats change at once, a hub's memory of it stays below a few MB.
SEATS = 100_000


@dataclass(slots=True)
class _Group:
    """The versions between two deliveries, from `from_version` on."""

    from_version: int
    seats: set[int] = field(default_factory=set)
    areas: set[int] = field(default_factory=set)

    @property
    def size(self) -> int:
        return len(self.seats) + len(self.areas)


class History:
    """The last 600 deliveries of one epoch, as the seats and areas that each of them touched.

    A query may number changes between two deliveries. Those versions share a group, so that many
    queries cannot push out what cut-off viewers need; who resumes from inside a group is told a
    few seats that it knows already, which is harmless because frames carry states, not steps.
    """

    def __init__(self) -> None:
        self._groups: deque[_Group] = deque()
        self._open: _Group | None = None
        self._size = 0

    @property
    def is_open(self) -> bool:
        """Whether versions were added since the last delivery."""
        return self._open is not None

    def add(self, from_version: int, seats: Iterable[int], areas: Iterable[int]) -> None:
        """Remember what the version after `from_version` touched."""
        if self._open is None:
            self._open = _Group(from_version)
            self._groups.append(self._open)
        before = self._open.size
        self._open.seats.update(seats)
        self._open.areas.update(areas)
        self._size += self._open.size - before
        self._forget()

    def close_group(self) -> bool:
        """End the group that was delivered; tell whether there was one."""
        group, self._open = self._open, None
        return group is not None

    def since(self, version: int, *, frames: int) -> tuple[set[int], set[int]] | None:
        """Collect what was touched after a version that is not the newest.

        Returns:
            Seats and areas, or None when it is more than `frames` deliveries ago, or forgotten.
        """
        seats: set[int] = set()
        areas: set[int] = set()
        for back, group in enumerate(reversed(self._groups)):
            if back == frames:
                return None
            seats |= group.seats
            areas |= group.areas
            if group.from_version <= version:
                return seats, areas
        return None

    def _forget(self) -> None:
        while len(self._groups) > FRAMES or (self._size > SEATS and len(self._groups) > 1):
            self._size -= self._groups.popleft().size
