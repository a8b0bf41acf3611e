"""Requests that come while a batch is on its way form the next batch, and share its work.

There is no timer: an idle queue serves a lone request at once. The bigger the rush, the more
requests share a transaction, and the less each of them costs.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Collection, Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

import asyncpg

from bigcat_graphql.errors import Busy, DomainError, OutcomeUnknown

T = TypeVar("T")
R = TypeVar("R")

_UNKNOWN_PAUSE_SECONDS = 0.05


@dataclass(eq=False, slots=True)
class Caller(Generic[T, R]):
    """Somebody who waits for what comes of a request."""

    request: T
    answer: asyncio.Future[R | DomainError]

    def tell(self, outcome: R | DomainError) -> None:
        """Answer, unless the caller has left."""
        if not self.answer.done():
            self.answer.set_result(outcome)

    def fail(self, error: Exception) -> None:
        """Answer that something broke; a domain error is an outcome like others."""
        if isinstance(error, DomainError):
            self.tell(error)
        elif not self.answer.done():
            self.answer.set_exception(error)


class Batches(ABC, Generic[T, R]):
    """One queue of requests, in order of arrival, and at most one batch of them on its way.

    More requests than `most` in one statement would not make each cheaper, but would make the first
    ones wait.
    """

    def __init__(self, *, most: int = 100) -> None:
        self.waiting: deque[Caller[T, R]] = deque()
        self._most = most
        self._running: asyncio.Task[None] | None = None

    @abstractmethod
    def names_of(self, request: T) -> AbstractSet[Hashable]:
        """Say what no two requests of a batch may both name."""

    @abstractmethod
    async def serve(self, requests: Sequence[T]) -> Mapping[T, R | DomainError]:
        """Serve a batch in one transaction; whoever is left out of the outcomes is in the next.

        May be called twice for one batch: requests must be such that a repeat is harmless.
        """

    def doubt(self, requests: Collection[T]) -> None:
        """Hear that it was unknown for a moment whether a batch was committed."""

    async def follow_up(self) -> None:
        """Hear that the callers of a batch have been told; the next one waits for this."""

    def rest(self) -> None:
        """Hear that nobody waits any more."""

    async def submit(self, request: T) -> R | DomainError:
        """Have a request served with others.

        A caller that is cancelled before its batch began is left out of it; later, what it asked
        for may be done all the same.

        Raises:
            Exception: what only this request makes the database say.
        """
        caller = Caller[T, R](request, asyncio.get_running_loop().create_future())
        self.waiting.append(caller)
        if self._running is None:
            # A context of its own: it must not live in its first caller's transaction.
            self._running = asyncio.create_task(self._run(), context=Context())
        return await caller.answer

    async def drain(self) -> None:
        """Wait until nothing is on its way, as a server that stops does."""
        if self._running is not None:
            await asyncio.wait({self._running})

    async def _run(self) -> None:
        try:
            while callers := self._form():
                await self._serve(callers)
        finally:
            self._running = None
            self.rest()

    def _form(self) -> list[Caller[T, R]]:
        """Take the next batch; whoever names what an earlier one in it does stays behind."""
        batch: list[Caller[T, R]] = []
        behind: deque[Caller[T, R]] = deque()
        names: set[Hashable] = set()
        while self.waiting and len(batch) < self._most:
            caller = self.waiting.popleft()
            if caller.answer.done():
                continue  # it has left
            own = self.names_of(caller.request)
            if names.isdisjoint(own):
                names |= own
                batch.append(caller)
            else:
                behind.append(caller)
        # In front of those not looked at: the order of arrival stays.
        self.waiting.extendleft(reversed(behind))
        return batch

    async def _serve(self, callers: Sequence[Caller[T, R]]) -> None:
        try:
            outcomes = await self._serve_surely([caller.request for caller in callers])
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must be told
            await self._fail(callers, error)
            return
        again = [caller for caller in callers if caller.request not in outcomes]
        for caller in callers:
            if caller.request in outcomes:
                caller.tell(outcomes[caller.request])
        self.waiting.extendleft(reversed(again))
        await self.follow_up()

    async def _serve_surely(self, requests: Sequence[T]) -> Mapping[T, R | DomainError]:
        """Try a batch whose end is unknown once more: what was committed is a repeat then."""
        try:
            return await self.serve(requests)
        except OutcomeUnknown:
            await asyncio.sleep(_UNKNOWN_PAUSE_SECONDS)
            try:
                return await self.serve(requests)
            finally:
                self.doubt(requests)

    async def _fail(self, callers: Sequence[Caller[T, R]], error: Exception) -> None:
        """Serve the halves apart, so that the one at fault fails alone; tell a lone caller."""
        here = [caller for caller in callers if not caller.answer.done()]
        # Of many, even if one is left: whoever is at fault may have gone meanwhile.
        if len(callers) > 1 and _is_somebodys_fault(error):
            middle = len(here) // 2
            for half in (here[:middle], here[middle:]):
                if half:
                    await self._serve(half)
            return
        for caller in here:
            caller.fail(error)


def _is_somebodys_fault(error: Exception) -> bool:
    """Tell a request that breaks its batch, or waits for a stuck lock, from a database away.

    Where everybody would fail alike, everybody is told at once.
    """
    if isinstance(error, Busy):
        return isinstance(error.__cause__, asyncpg.LockNotAvailableError)
    return not isinstance(error, OutcomeUnknown)
