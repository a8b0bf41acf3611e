"""How many connections may be held open for as long as their clients like."""

from collections.abc import Iterator
from contextlib import contextmanager


class HeldConnections:
    """Counts sockets and event streams together: what they leave free is for short requests."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    @property
    def are_full(self) -> bool:
        """Whether one more would be too many."""
        return self._held >= self._limit

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Count one more until it ends."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
