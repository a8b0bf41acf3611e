"""Somebody who looks into the database all the time, for what may never be there."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking import invariants
from bigcat_graphql.errors import Busy
from bigcat_graphql.payments import invariants as money
from bigcat_graphql.simulation import proof

Check = Callable[[UUID | None], Awaitable[list[str]]]

CHECKS: tuple[Check, ...] = (
    *invariants.ALWAYS,
    *invariants.EVENTUALLY,
    *money.ALWAYS,
    proof.bookings_without_one_key,
    proof.rows_of_another_time,
    proof.payments_left_open,
)
# Looking must not become the load: at most a quarter of the time goes to it.
_REST_FACTOR = 3.0
_REST_SECONDS_MIN = 0.5
_EVERYTHING_EVERY_SECONDS = 20.0
_EXAMPLES = 5
_LAPSED = "SELECT EXISTS (SELECT FROM seat WHERE status = 'R')"


@dataclass(slots=True)
class Watch:
    """What was found, and how often was looked."""

    violations: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    looks: int = 0
    _everything_at: float = 0.0

    async def look_for_ever(self, concerts: Callable[[], Sequence[UUID]]) -> None:
        """Look at the concerts on sale, and now and then at all; until cancelled."""
        while True:
            began_at = time.monotonic()
            if began_at >= self._everything_at:
                await self.look(None)
                self._everything_at = time.monotonic() + _EVERYTHING_EVERY_SECONDS
            for concert_id in concerts():
                await self.look(concert_id)
            took_seconds = time.monotonic() - began_at
            await asyncio.sleep(max(_REST_SECONDS_MIN, took_seconds * _REST_FACTOR))

    async def look(self, concert_id: UUID | None) -> None:
        """Look once; where PostgreSQL is away just now, the next time will tell."""
        for check in CHECKS:
            try:
                found = await check(concert_id)
            except Busy:
                continue
            self.note(check.__name__, found)
        self.looks += 1

    async def look_at_the_end(self, within_seconds: float) -> None:
        """Look once more at everything, when the last reservation was given back."""
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            row = await database.fetch_one(_LAPSED)
            if row is not None and not row[0]:
                break
            await asyncio.sleep(_REST_SECONDS_MIN)
        await self.look(None)

    def note(self, name: str, found: Sequence[str]) -> None:
        """Count what was found; the same thing found twice counts twice."""
        if found:
            self.violations[name] += len(found)
            self.examples += [f"{name}: {one}" for one in found[:_EXAMPLES]]
