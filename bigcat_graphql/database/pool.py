"""Taking connections from asyncpg's pool: waiting has an end, a restarting server does not hurt."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from bigcat_graphql.errors import Busy, OutcomeUnknown

T = TypeVar("T")

if TYPE_CHECKING:  # asyncpg's classes are generic in its stubs only
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record]
    Lent = PoolConnectionProxy[asyncpg.Record]
else:
    Pool, Connection, Lent = asyncpg.Pool, asyncpg.Connection, PoolConnectionProxy

# How long a caller waits for a free connection, or for a server that restarts. Below the server's
# own limit on a query (15 s), so that a full pool is told as Busy and not as a time-out.
ACQUIRE_SECONDS = 10.0
_PAUSE_SECONDS = 0.05
# After a kill the pool holds several dead connections that nobody has noticed yet. A few only: a
# read that itself kills its session must come to an end.
_READS = 5

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    ConnectionError,
)
# A server that restarts, or has no slot left, takes connections again by itself; a socket file
# that is missing is such a restart too.
_COMES_BACK = (*_LOST, asyncpg.TooManyConnectionsError, FileNotFoundError)


async def acquire(pool: Pool) -> Lent:
    """Take a connection from the pool, waiting for a restarting server.

    Nothing has been sent yet, so trying again is always safe.

    Raises:
        Busy: none came free within `ACQUIRE_SECONDS`.
    """
    try:
        # Not acquire(timeout=…): that would bound the later release as well.
        async with asyncio.timeout(ACQUIRE_SECONDS):
            while True:
                try:
                    return await pool.acquire()
                except _COMES_BACK:
                    await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        raise Busy from None


async def survive_loss(statement: str, run: Callable[[], Awaitable[T]]) -> T:
    """Run a statement outside a transaction; a read whose connection breaks runs again.

    Raises:
        OutcomeUnknown: the connection broke under a write, which may have been saved.
        Busy: a read's connection broke each of `_READS` times.
    """
    for again in reversed(range(_READS)):
        try:
            return await run()
        except Exception as error:
            if not is_lost(error):
                raise
            if not is_read(statement):
                raise OutcomeUnknown from error
            if not again:
                raise Busy from error
        await asyncio.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last time returns or raises")


def is_unsent(error: BaseException) -> bool:
    """Tell whether asyncpg refused to send because PostgreSQL had just said goodbye."""
    return isinstance(error, asyncpg.InternalClientError) and "cannot switch to state" in str(error)


def is_lost(error: BaseException) -> bool:
    """Tell whether the connection broke, rather than the statement."""
    if isinstance(error, asyncpg.InterfaceError):
        return "connection is closed" in str(error) or "released back to the pool" in str(error)
    return is_unsent(error) or isinstance(error, _LOST)


@lru_cache(maxsize=512)
def is_read(statement: str) -> bool:
    """Tell whether a statement changes nothing, so that it may run twice."""
    words = statement.lstrip().upper()
    writes = re.search(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", words)
    return words.startswith(("SELECT", "WITH")) and writes is None


async def keep_session(_connection: object) -> None:
    """Reset nothing when a connection returns: nobody sets, listens or locks by session.

    asyncpg's reset query costs each statement outside a transaction a second round trip.
    """
