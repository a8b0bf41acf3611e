"""What has to be done beside the requests: in the server, or by `bigcat worker` in its stead."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from bigcat_graphql import booking, database, jobs, notifications, onsale, payments, waitlist


def take_part() -> None:
    """Let the upper rooms join the transactions of the lower, and handle their jobs."""
    payments.take_part()
    notifications.take_part()
    onsale.take_part()
    waitlist.take_part()


def tidying() -> list[Coroutine[Any, Any, None]]:
    """Give what every server does; any number may, safety does not depend on it."""
    return [
        booking.sweep_for_ever(),
        database.refresh_for_ever(),
        payments.settle_for_ever(),
        onsale.run_for_ever(),
        waitlist.run_for_ever(),
    ]


def errands() -> list[Coroutine[Any, Any, None]]:
    """Give what leaves the process: jobs, and the reminders that become some."""
    return [jobs.work_for_ever(), notifications.remind_for_ever()]


@asynccontextmanager
async def beside(
    chores: list[Coroutine[Any, Any, None]],
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run chores as long as the block does; at its end each comes to its own."""
    tasks = [asyncio.create_task(chore) for chore in chores]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
