"""Which seats and areas the last frames touched, so that who was cut off can go on."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

# A minute of frames at their highest rate, 10 a second.
FRAMES = 600
# However many seats change at once, a hub's memory of it stays below a few MB.
SEATS = 100_000


@dataclass(frozen=True, slots=True)
class _Touched:
    """What one frame told of."""

    from_version: int
    seats: frozenset[int]
    areas: frozenset[int]

    @property
    def size(self) -> int:
        return len(self.seats) + len(self.areas)


class History:
    """The last 600 frames of one epoch, as the seats and areas that each of them touched."""

    def __init__(self) -> None:
        self._frames: deque[_Touched] = deque()
        self._size = 0

    def add(self, from_version: int, seats: Iterable[int], areas: Iterable[int]) -> None:
        """Remember what the frame after `from_version` touched."""
        touched = _Touched(from_version, frozenset(seats), frozenset(areas))
        self._frames.append(touched)
        self._size += touched.size
        while len(self._frames) > FRAMES or (self._size > SEATS and len(self._frames) > 1):
            self._size -= self._frames.popleft().size

    def since(self, version: int) -> tuple[set[int], set[int]] | None:
        """Collect the seats and areas touched after a version; None when that is forgotten."""
        seats: set[int] = set()
        areas: set[int] = set()
        for touched in reversed(self._frames):
            seats |= touched.seats
            areas |= touched.areas
            if touched.from_version == version:
                return seats, areas
        return None
