"""How often an account may do the same at one concert: counted here, and by PostgreSQL if hasty."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts.errors import RateLimited
from bigcat_graphql.settings import Settings, get_settings

# Hasty attempts of all nodes, one for each pair of $2 and $3 (account, concert; none twice). An
# upsert that finds the bucket too full gets no row back. Of many rows the locks are taken in the
# order of the keys; the time is that of this statement, for locks were waited for before it.
_COUNT = """
WITH asked AS (
  SELECT account_id, concert_id, statement_timestamp() AS at, make_interval(secs => $4) AS share
  FROM unnest($2::uuid[], $3::uuid[]) AS a (account_id, concert_id)
), counted AS (
  INSERT INTO rate_bucket AS b (account_id, concert_id, operation, full_at)
  SELECT account_id, concert_id, $1, at + share FROM asked ORDER BY account_id, concert_id
  ON CONFLICT (account_id, concert_id, operation) DO UPDATE
  SET full_at = greatest(b.full_at, statement_timestamp()) + make_interval(secs => $4)
  WHERE b.full_at <= statement_timestamp() + make_interval(secs => $4) * ($5::int - 1)
  RETURNING account_id, concert_id, full_at
)
SELECT asked.account_id, asked.concert_id, counted.full_at IS NOT NULL AS passed,
       extract(epoch FROM coalesce(counted.full_at, b.full_at) - asked.at)::float8 AS seconds_left
FROM asked
LEFT JOIN counted USING (account_id, concert_id)
LEFT JOIN rate_bucket b ON b.account_id = asked.account_id AND b.concert_id = asked.concert_id
  AND b.operation = $1
"""
# A full bucket is as good as none.
_FORGET = """
DELETE FROM rate_bucket b
USING (
  SELECT account_id, concert_id, operation FROM rate_bucket WHERE full_at < now()
  LIMIT $1 FOR UPDATE SKIP LOCKED
) AS full_
WHERE (b.account_id, b.concert_id, b.operation)
  = (full_.account_id, full_.concert_id, full_.operation)
"""


class Subject(NamedTuple):
    """Whose hurry is counted, and where."""

    account_id: UUID
    concert_id: UUID


class Rate(NamedTuple):
    """So many in a minute in the long run, and so many at once."""

    per_minute: float
    burst: int

    @property
    def interval_seconds(self) -> float:
        """How long it takes until one more may come."""
        return 60 / self.per_minute

    @property
    def tolerance_seconds(self) -> float:
        """How far from full a bucket may be for one more to come out of it."""
        return self.interval_seconds * (self.burst - 1)


@dataclass(slots=True)
class _Bucket:
    full_at: float
    keys: list[str] = field(default_factory=list)
    repeats: int = 0

    def knows(self, key: str, burst: int) -> bool:
        """Tell whether an attempt is a repeat that costs nothing: as many do as may come at once.

        More of them are no double clicks and no lost lines any more.
        """
        if key not in self.keys or self.repeats >= burst:
            return False
        self.repeats += 1
        return True

    def note(self, key: str, burst: int) -> None:
        if key:
            self.keys.append(key)
            del self.keys[:-burst]


class Pace:
    """One operation's buckets, by the generic cell rate algorithm: a time each, no timers.

    At most `most_subjects` are kept; beyond, who has tried longest ago is forgotten.
    """

    def __init__(
        self,
        operation: str,
        rate: Callable[[Settings], tuple[float, int]],
        *,
        clock: Callable[[], float] = time.monotonic,
        most_subjects: int = 100_000,
    ) -> None:
        self._operation = operation
        self._rate_of = rate
        self._clock = clock
        self._most_subjects = most_subjects
        # In order of the last attempt.
        self._buckets: dict[Subject, _Bucket] = {}

    @property
    def rate(self) -> Rate:
        """How often it may be done."""
        return Rate(*self._rate_of(get_settings()))

    def spend(self, subject: Subject, key: str = "") -> bool:
        """Count an attempt in this process; tell whether it is hasty, and PostgreSQL has a say.

        It is when the bucket was not full: whoever takes their time costs no statement. A repeat
        of a key that came a moment ago costs nothing here, and is told as hasty, for its first may
        have come to nothing: then PostgreSQL counts it.

        Raises:
            RateLimited: too many came before; this one is not counted.
        """
        rate, now = self.rate, self._clock()
        bucket = self._buckets.pop(subject, None)
        is_hasty = bucket is not None and bucket.full_at > now
        if bucket is None or not is_hasty:
            bucket = _Bucket(now)
            self._make_room(now)
        self._buckets[subject] = bucket
        if bucket.knows(key, rate.burst):
            return True
        wait_seconds = bucket.full_at - now - rate.tolerance_seconds
        if wait_seconds > 0:
            raise RateLimited(math.ceil(wait_seconds))
        bucket.full_at += rate.interval_seconds
        bucket.note(key, rate.burst)
        return is_hasty

    async def count(self, hasty: Mapping[Subject, str]) -> dict[Subject, RateLimited]:
        """Have PostgreSQL count hasty attempts, with their keys; give a refusal to those over.

        What it knows of other nodes is learnt: who has spent everything there is refused here,
        without another statement, and who hurries there is hasty here.
        """
        rate = self.rate
        rows = await database.fetch_all(
            _COUNT,
            self._operation,
            [subject.account_id for subject in hasty],
            [subject.concert_id for subject in hasty],
            rate.interval_seconds,
            rate.burst,
        )
        refused: dict[Subject, RateLimited] = {}
        for row in rows:
            subject = Subject(row["account_id"], row["concert_id"])
            # Nothing: the bucket was made while this waited for it.
            full_in_seconds: float = row["seconds_left"] or 0.0
            self._learn(subject, full_in_seconds, "" if row["passed"] else hasty[subject])
            if not row["passed"]:
                wait_seconds = full_in_seconds - rate.tolerance_seconds
                refused[subject] = RateLimited(max(1, math.ceil(wait_seconds)))
        return refused

    async def check(self, subject: Subject) -> None:
        """Count an attempt that comes alone, here and, if hasty, in PostgreSQL.

        Raises:
            RateLimited: too many came before; this one is not counted.
        """
        if self.spend(subject):
            for refusal in (await self.count({subject: ""})).values():
                raise refusal

    def _learn(self, subject: Subject, full_in_seconds: float, refused_key: str) -> None:
        bucket = self._buckets.get(subject)
        if bucket is None:
            return
        bucket.full_at = max(bucket.full_at, self._clock() + full_in_seconds)
        if refused_key in bucket.keys:
            bucket.keys.remove(refused_key)  # it has come to nothing, and must pay the next time

    def _make_room(self, now: float) -> None:
        while self._buckets:
            oldest = next(iter(self._buckets))
            if self._buckets[oldest].full_at > now and len(self._buckets) < self._most_subjects:
                return
            del self._buckets[oldest]


async def forget_full_buckets(limit: int) -> None:
    """Delete what PostgreSQL no longer needs to remember."""
    await database.execute(_FORGET, limit)
