"""The private names of Tortoise and asyncpg that the engine stands on still mean the same."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from tortoise.context import TortoiseContext

from bigcat_graphql.database import (
    Connection,
    DatabaseUrl,
    fetch_all,
    run_transaction,
    tortoise_config,
)
from bigcat_graphql.database import pool as pool_module
from bigcat_graphql.errors import Busy
from tests.database.slips import add_slip, count_slips, other_sessions, terminate

_POOL = 4
_ROUNDS = 100


@pytest.fixture
async def small_pool(slips: None, database: DatabaseUrl) -> AsyncIterator[TortoiseContext]:
    """A database of four connections; `with` it, calls go there."""
    assert slips is None
    context = TortoiseContext()
    with context:
        await context.init(tortoise_config(database, pool_max=_POOL))
    yield context
    await context.close_connections()


async def _use_all_connections() -> None:
    everyone = asyncio.Barrier(_POOL)

    async def work() -> None:
        await fetch_all("SELECT 1")
        await everyone.wait()

    async with asyncio.timeout(60):
        await asyncio.gather(*(run_transaction(work) for _ in range(_POOL)))


@pytest.mark.filterwarnings("ignore:.*Resetting connection with an active transaction")
async def test_cancelled_transactions_leak_no_connection(small_pool: TortoiseContext) -> None:
    chance = random.Random(7)
    with small_pool:
        await _use_all_connections()
        for _ in range(_ROUNDS):
            tasks = [
                asyncio.create_task(run_transaction(lambda: fetch_all("SELECT pg_sleep(0.001)")))
                for _ in range(_POOL * 2)
            ]
            await asyncio.sleep(chance.uniform(0, 0.006))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await _use_all_connections()


async def test_a_begin_that_fails_leaves_its_task_usable(
    small_pool: TortoiseContext, rival: Connection
) -> None:
    with small_pool:
        await _use_all_connections()
        for number in range(10):
            await terminate(rival, await other_sessions(rival))
            await run_transaction(lambda number=number: add_slip(number))  # type: ignore[misc] # bound now
        await _use_all_connections()
    assert await count_slips(rival) == 10


async def test_a_full_pool_is_busy_after_a_while(
    small_pool: TortoiseContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone, enough = asyncio.Barrier(_POOL + 1), asyncio.Event()

    async def hold() -> None:
        await everyone.wait()
        await enough.wait()

    with small_pool:
        holders = [asyncio.create_task(run_transaction(hold)) for _ in range(_POOL)]
        await everyone.wait()
        with monkeypatch.context() as patch:
            patch.setattr(pool_module, "ACQUIRE_SECONDS", 0.05)
            with pytest.raises(Busy):
                await fetch_all("SELECT 1")
            with pytest.raises(Busy):
                await run_transaction(lambda: add_slip(1))
        enough.set()
        await asyncio.gather(*holders)
        await _use_all_connections()
