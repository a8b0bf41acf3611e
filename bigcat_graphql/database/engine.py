"""Tortoise's asyncpg engine with a pool that neither leaks nor waits for ever.

Stock `in_transaction()` keeps the connection and the context variable when BEGIN fails or is
cancelled, and `pool.acquire()` has no end. This module stands on private names of tortoise-orm and
asyncpg: both are pinned to one minor version, and tests/database/test_engine.py watches them.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from asyncpg.transaction import Transaction, TransactionState
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    PoolConnectionWrapper,
    TransactionContextPooled,
)
from tortoise.connection import ConnectionToken, get_connections

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
# A row lock is held for one short transaction; one that lasts longer is stuck, not busy.
LOCK_TIMEOUT_MS = 2_000
_PAUSE_SECONDS = 0.05

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    ConnectionError,
)
# A server that restarts, or has no slot left, takes connections again by itself. A missing socket
# file is such a restart too.
_COMES_BACK = (*LOST, asyncpg.TooManyConnectionsError, FileNotFoundError)


def is_lost(error: BaseException) -> bool:
    """Tell whether the connection broke, rather than the statement."""
    if isinstance(error, asyncpg.InterfaceError):
        return "connection is closed" in str(error) or "released back to the pool" in str(error)
    return isinstance(error, LOST)


class BoundedTransaction(Transaction):
    """A transaction whose BEGIN brings its lock time-out, and whose COMMIT tells the truth."""

    async def start(self) -> None:
        """Send BEGIN, isolation and lock time-out in one round trip."""
        isolation = (self._isolation or "read committed").replace("_", " ").upper()
        connection = self._connection
        # What asyncpg's own start() does first: savepoints and cursors ask for it.
        connection._top_xact = self  # noqa: SLF001 - see the module
        try:
            await connection.execute(
                f"BEGIN ISOLATION LEVEL {isolation}; SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"
            )
        except BaseException:
            connection._top_xact = None  # noqa: SLF001 - see the module
            self._state = TransactionState.FAILED
            raise
        self._state = TransactionState.STARTED

    async def commit(self) -> None:
        """Send COMMIT and read what became of it.

        Raises:
            OutcomeUnknown: the connection broke after COMMIT was sent.
            RuntimeError: PostgreSQL had aborted the transaction and rolled it back.
        """
        connection = self._connection
        connection._top_xact = None  # noqa: SLF001 - see the module
        self._state = TransactionState.FAILED
        if connection.is_closed():
            # Nothing was sent, so nothing was saved: the whole may run again.
            raise asyncpg.ConnectionDoesNotExistError("connection was closed before COMMIT")
        try:
            status = await connection.execute("COMMIT")
        except Exception as error:
            if is_lost(error):
                raise OutcomeUnknown from error
            raise
        if status != "COMMIT":
            raise RuntimeError("a statement failed and its error was swallowed: nothing was saved")
        self._state = TransactionState.COMMITTED


class AmbientTransaction(TransactionWrapper):
    """What ORM and SQL calls inside an open transaction run on."""

    isolation: str | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it has neither been committed nor rolled back."""
        return not self._finalized

    async def begin(self) -> None:
        """Open the transaction, or a savepoint when this wraps an open one."""
        proxy = self._connection
        if isinstance(self._parent, AmbientTransaction):
            self.transaction = proxy.transaction()
        else:
            # The bare connection: the pool's proxy offers no other transaction class.
            self.transaction = BoundedTransaction(
                proxy._con,  # noqa: SLF001 - see the module
                self.isolation,
                False,  # noqa: FBT003 - positional in asyncpg
                False,  # noqa: FBT003 - positional in asyncpg
            )
        await self.transaction.start()

    def acquire_connection(self) -> Any:  # noqa: ANN401 - Tortoise's wrappers have no common type
        """Give this transaction's connection, or after its end the pool's.

        A task begun inside a transaction inherits it and may outlive it.
        """
        if self.is_open:
            return super().acquire_connection()
        return self._parent.acquire_connection()

    def _in_transaction(self) -> NestedTransactionContext:
        return NestedTransactionContext(AmbientTransaction(self))


class TransactionScope(TransactionContextPooled):
    """From BEGIN to COMMIT or ROLLBACK, returning the connection however it ends."""

    __slots__ = ()
    client: AmbientTransaction
    token: ConnectionToken

    async def __aenter__(self) -> AmbientTransaction:
        await self.ensure_connection()
        parent = self.client._parent  # noqa: SLF001 - see the module
        self.client._connection = connection = await acquire(parent._pool)  # noqa: SLF001 - same
        self.token = get_connections().set(self.connection_name, self.client)
        try:
            await self.client.begin()
        except BaseException:  # cancellation too: stock Tortoise leaks the connection here
            get_connections().reset(self.token)
            await parent._pool.release(connection)  # noqa: SLF001 - see the module
            raise
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:  # noqa: ANN401 - as the parent has it
        try:
            if exc_type is None:
                await self.client.commit()
            else:
                await self._roll_back()
        finally:
            self.client._finalized = True  # noqa: SLF001 - see the module
            get_connections().reset(self.token)
            pool = self.client._parent._pool  # noqa: SLF001 - see the module
            if pool is not None:
                await pool.release(self.client._connection)  # noqa: SLF001 - same

    async def _roll_back(self) -> None:
        try:
            await self.client.rollback()
        except Exception as error:
            # A lost connection has rolled back by itself; what broke the work matters more.
            if not is_lost(error):
                raise


class PooledConnection(PoolConnectionWrapper[Lent]):
    """A connection for one statement outside a transaction."""

    __slots__ = ()

    async def __aenter__(self) -> Lent:
        await self.ensure_connection()
        self.connection = await acquire(self.client._pool)  # noqa: SLF001 - see the module
        return self.connection


class Client(AsyncpgDBClient):
    """Tortoise's client: bounded waiting, safe transactions, reads that survive a restart."""

    def acquire_connection(self) -> PooledConnection:
        """Lend a connection for one statement."""
        return PooledConnection(self, self._pool_init_lock)

    def open_transaction(self, isolation: str | None = None) -> TransactionScope:
        """Prepare a transaction; it begins when the scope is entered."""
        transaction = AmbientTransaction(self)
        transaction.isolation = isolation
        return TransactionScope(transaction, self._pool_init_lock)

    def _in_transaction(self) -> TransactionScope:
        return self.open_transaction()

    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, list[Any]]:
        """Run what the ORM wrote, a read once more when its connection turns out to be dead."""
        run = partial(super().execute_query, query, values)
        return await read_again(query, run)


async def read_again(statement: str, run: Callable[[], Awaitable[T]]) -> T:
    """Run a statement; a pure read that met a dead pooled connection runs once more."""
    try:
        return await run()
    except Exception as error:
        if not (is_lost(error) and is_read(statement)):
            raise
    return await run()


@lru_cache(maxsize=512)
def is_read(statement: str) -> bool:
    """Tell whether a statement surely changes nothing, so that it may run twice."""
    words = statement.lstrip().upper()
    return words.startswith(("SELECT", "WITH")) and not re.search(
        r"\b(INSERT|UPDATE|DELETE|MERGE)\b", words
    )


async def acquire(pool: Pool) -> Lent:
    """Take a connection from the pool, waiting for a restarting server.

    Nothing has been sent yet, so trying again is always safe.

    Raises:
        Busy: none came free within `ACQUIRE_SECONDS`.
    """
    try:
        # Not acquire(timeout=…): that one also becomes the time-out of the release.
        async with asyncio.timeout(ACQUIRE_SECONDS):
            while True:
                try:
                    return await pool.acquire()
                except _COMES_BACK:
                    await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        raise Busy from None


async def keep_session(_connection: Lent) -> None:
    """Reset nothing when a connection returns: nobody sets, listens or locks by session.

    asyncpg's reset query costs each statement outside a transaction a second round trip.
    """


client_class = Client

__all__: Sequence[str] = ("ACQUIRE_SECONDS", "LOCK_TIMEOUT_MS", "AmbientTransaction", "Client")
