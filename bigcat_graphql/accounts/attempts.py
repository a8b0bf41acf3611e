"""How often somebody may try, counted in this process."""

import math
import time

from bigcat_graphql.accounts.errors import RateLimited


class Attempts:
    """A bucket a key, by the generic cell rate algorithm: one float each, no timers.

    At most `most_keys` are kept; beyond, the key that has tried longest ago is forgotten.
    """

    def __init__(self, *, per_minute: float, burst: int, most_keys: int = 100_000) -> None:
        self._interval_seconds = 60 / per_minute
        self._tolerance_seconds = self._interval_seconds * (burst - 1)
        self._most_keys = most_keys
        # When each key's bucket is full again; in order of the last attempt.
        self._full_at: dict[str, float] = {}

    def spend(self, key: str, *, now: float | None = None) -> None:
        """Count an attempt.

        Raises:
            RateLimited: too many came before; this one is not counted.
        """
        now = time.monotonic() if now is None else now
        full_at = max(self._full_at.get(key, now), now)
        wait_seconds = full_at - now - self._tolerance_seconds
        if wait_seconds > 0:
            raise RateLimited(math.ceil(wait_seconds))
        self._full_at.pop(key, None)
        self._make_room(now)
        self._full_at[key] = full_at + self._interval_seconds

    def forgive(self, key: str) -> None:
        """Forget a key's attempts, for whoever has proved to be right."""
        self._full_at.pop(key, None)

    def _make_room(self, now: float) -> None:
        while self._full_at:
            oldest = next(iter(self._full_at))
            if self._full_at[oldest] > now and len(self._full_at) < self._most_keys:
                return
            del self._full_at[oldest]
