"""Jobs of tests: what was done, and time that passes."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

from bigcat_graphql import jobs
from bigcat_graphql.database import execute, run_transaction

_numbers = count(1)


class Done:
    """A kind of job of its own, and which jobs of it were begun."""

    def __init__(
        self,
        work: Callable[[int], Awaitable[None]] | None = None,
        *,
        retry: jobs.Retry | None = None,
        lane: jobs.Lane = jobs.Lane.PROMPT,
    ) -> None:
        self.kind = f"test.{next(_numbers)}"
        self.begun: list[int] = []
        self._work = work
        jobs.handle(self.kind, self._run, retry=retry, lane=lane)

    async def ask(self, *numbers: int, key: str | None = None, after_seconds: float = 0) -> None:
        """Enqueue a job for each number, in one transaction."""
        wanted = [jobs.Job(self.kind, {"number": n}, key, after_seconds) for n in numbers]
        await run_transaction(lambda: jobs.enqueue_many(wanted))

    async def _run(self, payload: jobs.Payload) -> None:
        number = payload["number"]
        assert isinstance(number, int)
        self.begun.append(number)
        if self._work:
            await self._work(number)


async def let_delays_pass() -> None:
    """Make every waiting job due, as waiting would."""
    await execute(
        "UPDATE job SET execute_after = now() - interval '1 second' WHERE status = 'queued'"
    )


async def let_leases_end() -> None:
    """Make every running job look as if its runner had not been heard of for long."""
    await execute("UPDATE job SET heartbeat = now() - interval '1 hour' WHERE status = 'picked'")


async def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.01)
