"""How many seats are left: counted by tier, for many concerts at once, and kept for a second."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from asyncpg import Record

from bigcat_graphql.database import fetch_all

Tiers = dict[str, "SeatCounts"]

# The contract says "at most 1 second old"; the query takes some of it.
_KEPT_SECONDS = 0.9
_MOST_KEPT = 10_000
_kept: OrderedDict[UUID, tuple[float, Tiers]] = OrderedDict()
_on_the_way: dict[UUID, asyncio.Task[dict[UUID, Tiers]]] = {}

# A reservation whose time is over counts as available, whether or not it has been tidied; unless
# somebody is on the waiting list, which sees it first.
LAPSED = """seat.status = 'R' AND seat.reserved_until <= now() AND NOT EXISTS (
        SELECT FROM waitlist w WHERE w.concert_id = seat.concert_id AND w.has_waiting)"""
_COUNT_SEATS = f"""
    SELECT concert_id, tier_code,
      count(*) FILTER (WHERE status = 'A' OR {LAPSED}) AS available,
      count(*) FILTER (WHERE status = 'R' AND NOT ({LAPSED})) AS reserved,
      count(*) FILTER (WHERE status = 'B') AS booked,
      count(*) FILTER (WHERE status = 'X') AS blocked
    FROM seat
    WHERE concert_id = ANY($1::uuid[])
    GROUP BY concert_id, tier_code"""


@dataclass(frozen=True, slots=True)
class SeatCounts:
    """Seats and places by state."""

    available: int = 0
    reserved: int = 0
    booked: int = 0
    blocked: int = 0

    @property
    def total(self) -> int:
        """All."""
        return self.available + self.reserved + self.booked + self.blocked

    def __add__(self, other: Self) -> "SeatCounts":
        """Count both together."""
        return SeatCounts(
            self.available + other.available,
            self.reserved + other.reserved,
            self.booked + other.booked,
            self.blocked + other.blocked,
        )


async def seat_counts(concert_ids: Sequence[UUID]) -> dict[UUID, SeatCounts]:
    """Count the seats of concerts, as of at most a second ago; one without seats is left out."""
    counted = await tier_counts(concert_ids)
    return {
        concert_id: sum(tiers.values(), start=SeatCounts()) for concert_id, tiers in counted.items()
    }


async def tier_counts(concert_ids: Sequence[UUID]) -> dict[UUID, Tiers]:
    """Count the seats of concerts by tier code; what has none is left out."""
    now = time.monotonic()
    stale = [key for key in dict.fromkeys(concert_ids) if not _is_fresh(key, now)]
    # Many who ask at once share one count.
    ours = [key for key in stale if key not in _on_the_way]
    if ours:
        # A context of its own: a task must not inherit the transaction of whoever asked first.
        task = asyncio.create_task(_count(ours, now), context=Context())
        _on_the_way.update(dict.fromkeys(ours, task))
        task.add_done_callback(lambda _: _forget_tasks(ours))

    found = {key: _kept[key][1] for key in concert_ids if key not in stale}
    for task in {_on_the_way[key] for key in stale}:
        # One who hangs up does not end the count of the others.
        counted = await asyncio.shield(task)
        found |= {key: counted[key] for key in stale if key in counted}
    return {key: tiers for key, tiers in found.items() if tiers}


def forget_counts() -> None:
    """Count anew next time."""
    _kept.clear()


async def _count(concert_ids: Sequence[UUID], started: float) -> dict[UUID, Tiers]:
    counted: dict[UUID, dict[str, SeatCounts]] = {key: {} for key in concert_ids}
    for row in await fetch_all(_COUNT_SEATS, list(concert_ids)):
        counted[row["concert_id"]][row["tier_code"]] = _counts_of(row)
    for key, tiers in counted.items():
        _kept[key] = (started + _KEPT_SECONDS, tiers)
        _kept.move_to_end(key)
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return dict(counted)


def _counts_of(row: Record) -> SeatCounts:
    return SeatCounts(row["available"], row["reserved"], row["booked"], row["blocked"])


def _is_fresh(concert_id: UUID, now: float) -> bool:
    kept = _kept.get(concert_id)
    return kept is not None and now < kept[0]


def _forget_tasks(concert_ids: Sequence[UUID]) -> None:
    for concert_id in concert_ids:
        _on_the_way.pop(concert_id, None)
