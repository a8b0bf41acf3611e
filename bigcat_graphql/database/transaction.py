"""One transaction around one verb: begun, committed, and run again where that is safe."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from tortoise.connection import get_connection

from bigcat_graphql.database.engine import AmbientTransaction, Client
from bigcat_graphql.database.pool import is_lost
from bigcat_graphql.errors import Busy

T = TypeVar("T")

_CONFLICTS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_FIRST_PAUSE_SECONDS = 0.005


async def run_transaction(
    work: Callable[[], Awaitable[T]],
    *,
    isolation: str | None = None,
    attempts: int = 5,
    lock_wait_ms: int | None = None,
) -> T:
    """Run `work` in one transaction; ORM and SQL calls inside join it.

    `work` may run several times and must begin from nothing each time. `isolation` is
    `repeatable_read` or `serializable`, else READ COMMITTED. `lock_wait_ms` is how long a lock is
    waited for, usually 2 s.

    Raises:
        Busy: a lock was held for longer, no connection came free, or every attempt lost.
        OutcomeUnknown: the connection broke while COMMIT was on its way.
        RuntimeError: a transaction is open already: two verbs must not share a fate.
    """
    client = _pool_client()
    for attempt in range(attempts):
        try:
            async with client.open_transaction(isolation, lock_wait_ms):
                return await work()
        except asyncpg.LockNotAvailableError as error:
            raise Busy from error
        except Exception as error:
            if not (isinstance(error, _CONFLICTS) or is_lost(error)):
                raise
            if attempt + 1 == attempts:
                raise Busy from error
        # Rivals that met once would meet again: each waits another while.
        await asyncio.sleep(random.uniform(0, _FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311 - no secret
    raise AssertionError("attempts must be at least 1")


def _pool_client() -> Client:
    client = get_connection("default")
    if isinstance(client, AmbientTransaction):
        if client.is_open:
            raise RuntimeError("run_transaction() inside an open transaction")
        client = client._parent  # noqa: SLF001 - a task outlived the transaction it was begun in
    if not isinstance(client, Client):
        raise TypeError(f"not opened by open_database(): {client!r}")
    return client
