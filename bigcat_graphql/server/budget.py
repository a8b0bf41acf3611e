"""How many points of cost each caller has left: a bucket that fills again by the second."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from bigcat_graphql.server.refusals import THROTTLED, refuse

# A bucket is 200 bytes: an attacker with many addresses takes 20 MB at most.
_BUCKETS = 100_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A caller's budget after an operation was paid for."""

    cost: int
    limit: int
    remaining: int
    full_in_seconds: float
    refill_per_second: int


@dataclass(slots=True)
class _Bucket:
    points: float
    counted_at: float


class Budgets:
    """Buckets of this process by caller, the least recently used forgotten when there are many."""

    def __init__(
        self,
        limit: int,
        refill_per_second: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._refill = refill_per_second
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def spend(self, caller: str, cost: int, *, besides: int = 0) -> Standing:
        """Take the cost of an operation from the caller's bucket, and what is charged `besides`.

        Raises:
            RequestRefused: not enough is left; `retryAfterSeconds` says when it will be.
        """
        bucket = self._fill(caller)
        price = cost + besides
        if bucket.points < price:
            wait = max(1, ceil((price - bucket.points) / self._refill))
            message = f"Too many requests: try again in {wait} seconds."
            raise refuse(message, THROTTLED, retryAfterSeconds=wait)
        bucket.points -= price
        missing = self._limit - bucket.points
        return Standing(cost, self._limit, int(bucket.points), missing / self._refill, self._refill)

    def _fill(self, caller: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = _Bucket(self._limit, now)
            if len(self._buckets) > _BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(caller)
        earned = (now - bucket.counted_at) * self._refill
        bucket.points = min(self._limit, bucket.points + earned)
        bucket.counted_at = now
        return bucket
