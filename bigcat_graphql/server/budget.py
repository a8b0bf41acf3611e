"""How many points of cost each caller has left: buckets that fill again by the second."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from bigcat_graphql.server.callers import Caller
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
class Bucket:
    """Points as they were when they were last looked at."""

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
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def spend(self, caller: str, cost: int, *, besides: int = 0) -> Standing:
        """Take the cost of an operation from the caller's bucket, and what is charged `besides`.

        Raises:
            RequestRefused: not enough is left; `retryAfterSeconds` says when it will be.
        """
        price = cost + besides
        bucket = self.look(caller, price)
        bucket.points -= price
        missing = self._limit - bucket.points
        return Standing(cost, self._limit, int(bucket.points), missing / self._refill, self._refill)

    def look(self, caller: str, price: int, whose: str = "") -> Bucket:
        """Find a bucket that has the price in it, to be taken out by who asks.

        Raises:
            RequestRefused: not enough is left.
        """
        bucket = self._fill(caller)
        if bucket.points < price:
            wait = max(1, ceil((price - bucket.points) / self._refill))
            message = f"Too many requests{whose}: try again in {wait} seconds."
            raise refuse(message, THROTTLED, retryAfterSeconds=wait)
        return bucket

    def _fill(self, caller: str) -> Bucket:
        now = self._clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = Bucket(self._limit, now)
            if len(self._buckets) > _BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(caller)
        earned = (now - bucket.counted_at) * self._refill
        bucket.points = min(self._limit, bucket.points + earned)
        bucket.counted_at = now
        return bucket


class CallerBudgets:
    """What callers pay from: visitors from their address's bucket, accounts from their own.

    Accounts pay at the flood gate of their address as well, as wide as the budgets of
    `accounts_per_address` accounts: a hall full of buyers behind one address comes through it, a
    farm of accounts is bounded by it. Visitors are far below it, and don't pay there.
    """

    def __init__(
        self,
        limit: int,
        refill_per_second: int,
        *,
        accounts_per_address: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        times = accounts_per_address
        self._budgets = Budgets(limit, refill_per_second, clock=clock)
        self._gates = Budgets(limit * times, refill_per_second * times, clock=clock)

    def spend(self, caller: Caller, cost: int, *, besides: int = 0) -> Standing:
        """Take the cost of an operation from the caller's bucket, and what is charged `besides`.

        Raises:
            RequestRefused: not enough is left, there or at the gate, and nothing was taken.
        """
        if caller.viewer is None:
            return self._budgets.spend(caller.budget_key, cost, besides=besides)
        gate = self._gates.look(caller.network, cost + besides, " from your address")
        # Last: who has nothing left of their own takes nothing from their neighbours either.
        standing = self._budgets.spend(caller.budget_key, cost, besides=besides)
        gate.points -= cost + besides
        return standing
