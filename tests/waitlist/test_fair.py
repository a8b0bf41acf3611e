"""Random evenings at a sold-out hall: nobody who did not wait gets what somebody waited for."""

import random
from uuid import UUID

import pytest

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.expire import sweep
from bigcat_graphql.booking.freeing import put_first
from bigcat_graphql.booking.invariants import ALWAYS
from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import Concert, WaitlistEntry, WaitlistStatus
from bigcat_graphql.settings import override_settings
from bigcat_graphql.waitlist import leave_waitlist, take_part
from tests.scenes import make_buyer
from tests.waitlist.lists import give_back, let_time_pass, make_sold_out, now, take, wait_for

_SEATS = 12
_STEPS = 60


class Evening:
    """A hall of 12 seats, who has them, who waits, and who tries without waiting."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.concert: Concert
        self.holders: list[tuple[Viewer, BookingKey]] = []
        self.waiters: list[tuple[Viewer, WaitlistEntry]] = []
        self.strangers: list[Viewer] = []

    async def begin(self) -> None:
        holders = [[n, n + 1] for n in range(0, _SEATS, 2)]
        self.concert, self.holders = await make_sold_out(
            holders=holders, rows=2, seats_per_row=6, ticket_limit=12, seats_per_booking=6
        )
        self.strangers = [await make_buyer() for _ in range(3)]

    async def step(self) -> None:
        await self.dice.choice(
            [self.wait, self.wait, self.cancel, self.lapse, self.sweep, self.grab, self.leave]
        )()

    async def wait(self) -> None:
        try:
            self.waiters.append(
                await wait_for(
                    self.concert, self.dice.randint(1, 3), together=self.dice.random() < 0.5
                )
            )
        except DomainError:
            return  # not sold out just now

    async def cancel(self) -> None:
        if self.holders:
            viewer, key = self.holders.pop(self.dice.randrange(len(self.holders)))
            try:
                await give_back(viewer, key)
            except DomainError:
                return  # its time was over

    async def lapse(self) -> None:
        if self.holders:
            _, key = self.dice.choice(self.holders)
            await let_time_pass(key)

    async def sweep(self) -> None:
        await sweep()

    async def grab(self) -> None:
        """Try for a seat without waiting; only what nobody could use may be had."""
        stranger, index = self.dice.choice(self.strangers), self.dice.randrange(_SEATS)
        useful = await self.is_useful(index)
        try:
            key = await take(stranger, self.concert, index)
        except DomainError:
            return
        assert not useful, f"seat {index} was somebody's who waited"
        self.holders.append((stranger, key))

    async def leave(self) -> None:
        if self.waiters:
            viewer, entry = self.waiters.pop(self.dice.randrange(len(self.waiters)))
            try:
                await leave_waitlist(viewer, concert_id=self.concert.id, entry_id=entry.id)
            except DomainError:
                return  # it has come to its end

    async def is_useful(self, index: int) -> bool:
        """Say whether somebody who waits could have this seat, alone or with others freed before.

        Others whose time is over are not freed until the sweeper comes.
        """
        rows = await database.fetch_all(
            "SELECT index FROM seat WHERE concert_id = $1"
            " AND (status = 'A' OR index = $2 AND status = 'R' AND reserved_until <= now())"
            " ORDER BY index",
            self.concert.id,
            index,
        )
        free = [row["index"] for row in rows]
        places = [await now(entry) for _, entry in self.waiters]
        waiting = [one for one in places if one.status_now is WaitlistStatus.WAITING]
        return index in free and any(_could_have(one, free, index) for one in waiting)


def _could_have(entry: WaitlistEntry, free: list[int], index: int) -> bool:
    if not entry.together:
        return len(free) >= entry.quantity
    run = {index}
    for step in (-1, 1):
        at = index + step
        while at in free and at // 6 == index // 6:
            run.add(at)
            at += step
    return len(run) >= entry.quantity


@pytest.mark.parametrize("seed", range(6))
async def test_no_freed_seat_that_somebody_waited_for_goes_to_who_did_not(
    database: object,  # noqa: ARG001 - it is emptied after
    seed: int,
) -> None:
    async def nobody(_: UUID) -> list[object]:
        return []

    take_part()
    evening = Evening(seed)
    try:
        with override_settings(pending_bookings_max=100, seat_minutes_per_ticket=10_000):
            await evening.begin()
            for _ in range(_STEPS):
                await evening.step()
        assert [await check(evening.concert.id) for check in ALWAYS] == [[]] * len(ALWAYS)
    finally:
        put_first(nobody)  # type: ignore[arg-type] # it has nothing to tell
