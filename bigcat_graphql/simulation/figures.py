"""Numbers over time: what was answered in each second, and how long it took."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that this share of them does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@dataclass(slots=True)
class Timeline:
    """Seconds since the start, and what fell into each."""

    began_at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None
    answers: int = 0
    bookings: Counter[int] = field(default_factory=Counter)
    # From the first request of a bookSeats to its final answer, all retries between included.
    waits: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def begin(self) -> None:
        """Count from now on, and from zero."""
        self.began_at = time.monotonic()
        self.answers = 0
        self.bookings.clear()
        self.waits.clear()

    def end(self) -> None:
        """Count nothing any more: what comes now is people on their way home."""
        self.ended_at = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it goes on already, or went on."""
        return (self.ended_at or time.monotonic()) - self.began_at

    def note_booking(self, wait_seconds: float, *, is_made: bool) -> None:
        """Count a bookSeats that has its final answer."""
        if self.ended_at is not None:
            return
        second = int(self.seconds)
        self.waits[second].append(wait_seconds)
        if is_made:
            self.bookings[second] += 1

    def all_waits(self) -> list[float]:
        """Give every wait there was."""
        return [wait for waits in self.waits.values() for wait in waits]

    def recent_waits(self, seconds: int) -> list[float]:
        """Give the waits of the last seconds."""
        now = int(self.seconds)
        return [wait for second in range(now - seconds, now + 1) for wait in self.waits[second]]
