"""Attempts to pay that come while others are on their way share the next transaction.

The same idea as `booking.lane`, without its rules about seats: no timer, and one batch at a time.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass

import asyncpg

from bigcat_graphql.booking.events import SeatsUnknown, tell
from bigcat_graphql.errors import Busy, DomainError, OutcomeUnknown
from bigcat_graphql.payments.attempt import Attempt, Outcome
from bigcat_graphql.payments.starting import start_batch

# More in one transaction would not make each cheaper, but would make the first ones wait.
_BATCH_MAX = 100
_UNKNOWN_PAUSE_SECONDS = 0.05


@dataclass(eq=False, slots=True)
class _Caller:
    attempt: Attempt
    answer: asyncio.Future[Outcome]


class Till:
    """One queue of attempts, and at most one batch of them on its way."""

    def __init__(self) -> None:
        self._waiting: deque[_Caller] = deque()
        self._running: asyncio.Task[None] | None = None

    async def submit(self, attempt: Attempt) -> Outcome:
        """Have an attempt begun with others, in order of arrival.

        Raises:
            Exception: what only this attempt makes the database say.
        """
        caller = _Caller(attempt, asyncio.get_running_loop().create_future())
        self._waiting.append(caller)
        if self._running is None:
            # A context of its own: it must not live in its first caller's transaction.
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
        """Take the next batch: no key twice, and no booking twice."""
        batch: list[_Caller] = []
        behind: list[_Caller] = []
        names: set[object] = set()
        while self._waiting and len(batch) < _BATCH_MAX:
            caller = self._waiting.popleft()
            if caller.answer.done():
                continue
            own = {caller.attempt.intent.name, caller.attempt.key}
            if names.isdisjoint(own):
                names |= own
                batch.append(caller)
            else:
                behind.append(caller)
        # In front of those not looked at: the order of arrival stays.
        self._waiting.extendleft(reversed(behind))
        return batch

    async def _serve(self, callers: Sequence[_Caller]) -> None:
        try:
            outcomes = await _start([caller.attempt for caller in callers])
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must be told
            await self._fail(callers, error)
            return
        for caller in callers:
            if not caller.answer.done():
                caller.answer.set_result(outcomes[caller.attempt])

    async def _fail(self, callers: Sequence[_Caller], error: Exception) -> None:
        """Serve the halves apart, so that the one at fault fails alone; tell a lone caller."""
        if len(callers) > 1 and _is_somebodys_fault(error):
            middle = len(callers) // 2
            await self._serve(callers[:middle])
            await self._serve(callers[middle:])
            return
        for caller in callers:
            if caller.answer.done():
                continue
            if isinstance(error, DomainError):
                caller.answer.set_result(error)
            else:
                caller.answer.set_exception(error)


async def _start(attempts: Sequence[Attempt]) -> dict[Attempt, Outcome]:
    """Try a batch whose end is unknown once more: its keys tell what was committed."""
    try:
        return await start_batch(attempts)
    except OutcomeUnknown:
        await asyncio.sleep(_UNKNOWN_PAUSE_SECONDS)
        try:
            return await start_batch(attempts)
        finally:
            # Repeats tell of no seats: viewers would learn by the next comparison only.
            tell(
                SeatsUnknown(concert_id) for concert_id in {one.key.concert_id for one in attempts}
            )


def _is_somebodys_fault(error: Exception) -> bool:
    """Tell an attempt that breaks its batch, or waits for a stuck row, from a database away."""
    if isinstance(error, Busy):
        return isinstance(error.__cause__, asyncpg.LockNotAvailableError)
    return not isinstance(error, OutcomeUnknown)


_till = Till()


async def submit(attempt: Attempt) -> Outcome:
    """Have an attempt begun by this process's till."""
    return await _till.submit(attempt)


async def drain() -> None:
    """Wait until nothing is on its way, as a server that stops does."""
    await _till.drain()
