"""Requests that come while a batch is on its way form the next batch, and share its work.

There is no timer: an idle lane serves a lone request at once. The bigger the rush, the more
requests share a transaction, and the less each of them costs. PostgreSQL decides between the
lanes of many processes; a lane only saves it from deciding the same thing a thousand times.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog

from bigcat_graphql.accounts.pace import Subject
from bigcat_graphql.booking import batch, rules
from bigcat_graphql.booking.batch import Result
from bigcat_graphql.booking.batch_keys import keep_refusals
from bigcat_graphql.booking.choosing import Place
from bigcat_graphql.booking.events import SeatsUnknown, tell
from bigcat_graphql.booking.refusing import advise, unavailable
from bigcat_graphql.booking.selection import ChosenSeats
from bigcat_graphql.booking.wish import Again, Outcome, Wish
from bigcat_graphql.catalogue import plan_by_id
from bigcat_graphql.errors import Busy, DomainError, OutcomeUnknown

# More wishes in one statement would not make each cheaper, but would make the first ones wait.
_BATCH_MAX = 100
_UNKNOWN_PAUSE_SECONDS = 0.05
# Whoever names more seats is refused for that, by the next batch.
_NAMED_MAX = 100
_LOG = structlog.get_logger()


@dataclass(eq=False, slots=True)
class _Caller:
    wish: Wish
    answer: asyncio.Future[Outcome]

    def tell(self, outcome: Outcome) -> None:
        if not self.answer.done():
            self.answer.set_result(outcome)

    def fail(self, error: Exception) -> None:
        if isinstance(error, DomainError):
            self.tell(error)
        elif not self.answer.done():
            self.answer.set_exception(error)


class Lane:
    """One queue of wishes, and at most one batch of them on its way."""

    def __init__(self) -> None:
        self._waiting: deque[_Caller] = deque()
        self._running: asyncio.Task[None] | None = None

    async def submit(self, wish: Wish) -> Outcome:
        """Have a wish met or refused with others, in order of arrival.

        A caller that is cancelled before its batch began is left out of it; later, its booking
        may be made all the same, and its key tells.

        Raises:
            Exception: what only this wish makes the database say.
        """
        caller = _Caller(wish, asyncio.get_running_loop().create_future())
        self._waiting.append(caller)
        if self._running is None:
            # A context of its own: the lane must not live in its first caller's transaction.
            self._running = asyncio.create_task(self._run(), context=Context())
        return await caller.answer

    async def drain(self) -> None:
        """Wait until nothing is on its way."""
        if self._running is not None:
            await asyncio.wait({self._running})

    async def _run(self) -> None:
        try:
            while callers := self._form():
                await self._serve(callers)
        finally:
            self._running = None

    def _form(self) -> list[_Caller]:
        """Take the next batch: no key, no hasty account, and no seat that is named, twice."""
        batch_: list[_Caller] = []
        behind: deque[_Caller] = deque()
        keys: set[tuple[UUID, str, str] | Subject] = set()
        seats: set[Place] = set()
        while self._waiting and len(batch_) < _BATCH_MAX:
            caller = self._waiting.popleft()
            wish = caller.wish
            if caller.answer.done():
                continue
            once: set[tuple[UUID, str, str] | Subject] = {wish.intent.name}
            if wish.is_hasty:
                once.add(wish.subject)  # PostgreSQL counts one at a time
            if not (keys.isdisjoint(once) and seats.isdisjoint(wish.seats)):
                behind.append(caller)
                continue
            keys |= once
            seats |= wish.seats
            batch_.append(caller)
        # In front of those not looked at: the order of arrival stays.
        self._waiting.extendleft(reversed(behind))
        return batch_

    async def _serve(self, callers: Sequence[_Caller]) -> None:
        try:
            result = await _reserve([caller.wish for caller in callers])
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must be told
            await self._fail(callers, error)
            return
        again = [caller for caller in callers if isinstance(result.outcomes[caller.wish], Again)]
        for caller in callers:
            if caller not in again:
                caller.tell(result.outcomes[caller.wish])
        self._waiting.extendleft(reversed(again))
        await self._refuse_waiting(result)

    async def _fail(self, callers: Sequence[_Caller], error: Exception) -> None:
        """Serve the halves apart, so that the one at fault fails alone; tell a lone caller."""
        if len(callers) > 1 and _is_somebodys_fault(error):
            middle = len(callers) // 2
            await self._serve(callers[:middle])
            await self._serve(callers[middle:])
            return
        for caller in callers:
            caller.fail(error)

    async def _refuse_waiting(self, result: Result) -> None:
        """Refuse at once whoever waits for seats that this batch has found or made taken."""
        try:
            outcomes = await self._refuse_hopeless(result)
        except Exception:  # noqa: BLE001 - they are still waiting, and the next batch asks anew
            _LOG.exception("refusing_failed")
            return
        for caller, outcome in outcomes.items():
            if not isinstance(outcome, Again):
                caller.tell(outcome)

    async def _refuse_hopeless(self, result: Result) -> dict[_Caller, Outcome]:
        hopeless = [
            caller
            for caller in tuple(self._waiting)
            if not caller.answer.done()
            and not result.taken.keys().isdisjoint(caller.wish.seats)
            and await _is_hopeless(caller.wish, result)
        ]
        if not hopeless:
            return {}
        unique = {caller.wish.intent.name: caller for caller in reversed(hopeless)}
        refusals = await _refuse([caller.wish for caller in unique.values()], result)
        outcomes = await keep_refusals(refusals)
        return {caller: outcomes[caller.wish] for caller in unique.values()}


async def _reserve(wishes: Sequence[Wish]) -> Result:
    """Try a batch whose end is unknown once more: its keys tell what was committed."""
    try:
        return await batch.reserve_batch(wishes)
    except OutcomeUnknown:
        await asyncio.sleep(_UNKNOWN_PAUSE_SECONDS)
        try:
            return await batch.reserve_batch(wishes)
        finally:
            # Repeats tell of no seats: viewers would learn by the next comparison only.
            tell(SeatsUnknown(concert_id) for concert_id in {wish.concert_id for wish in wishes})


def _is_somebodys_fault(error: Exception) -> bool:
    """Tell a wish that breaks its batch, or waits for a stuck lock, from a database that is away.

    Where everybody would fail alike, everybody is told at once.
    """
    if isinstance(error, Busy):
        return isinstance(error.__cause__, asyncpg.LockNotAvailableError)
    return not isinstance(error, OutcomeUnknown)


async def _is_hopeless(wish: Wish, result: Result) -> bool:
    plan_id = result.plan_ids.get(wish.concert_id)
    if plan_id is None or not isinstance(wish.selection, ChosenSeats):
        return False
    plan = await plan_by_id(plan_id)
    try:
        rules.check_chosen(
            wish.selection, plan_version=plan.version, seat_count=plan.seat_count, path=()
        )
    except DomainError:
        return False  # another refusal comes first, and the next batch gives it
    return len(wish.selection.indexes) <= _NAMED_MAX


async def _refuse(wishes: Sequence[Wish], result: Result) -> dict[Wish, DomainError]:
    others = await advise(wishes, result.plan_ids)
    return {
        wish: await unavailable(
            result.plan_ids[wish.concert_id],
            wish.seats & result.taken.keys(),
            result.taken,
            others[wish],
        )
        for wish in wishes
    }


_lane = Lane()


async def submit(wish: Wish) -> Outcome:
    """Have a wish met or refused in this process's lane; see `Lane.submit`."""
    return await _lane.submit(wish)


async def drain() -> None:
    """Wait until every wish has been answered, before the database is closed."""
    await _lane.drain()
