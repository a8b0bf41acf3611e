"""Tortoise's asyncpg engine, with transactions that neither leak nor hide what became of them.

Stock `in_transaction()` keeps the connection and the context variable when BEGIN fails or is
cancelled. The remedy stands on private names of tortoise-orm and asyncpg, both pinned to one minor
version; tests/database/test_engine.py watches them.
"""

# ruff: noqa: SLF001 - those private names

from functools import partial
from types import TracebackType
from typing import Any, cast

import asyncpg
from asyncpg.transaction import Transaction, TransactionState
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    PoolConnectionWrapper,
    TransactionContextPooled,
)
from tortoise.connection import ConnectionToken, get_connections

from bigcat_graphql.database.pool import Lent, acquire, is_lost, is_unsent, survive_loss
from bigcat_graphql.errors import OutcomeUnknown

# A row lock is held for one short transaction; a holder that keeps it longer is stuck, not busy.
LOCK_TIMEOUT_MS = 2_000
# What verbs do are a few statements over and over, each by keys: they are planned once, and never
# to read a whole table, as they would be if they were first planned while it was empty.
_SET_LOCAL = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off"


class BoundedTransaction(Transaction):
    """A transaction whose BEGIN brings its lock time-out, and whose COMMIT tells the truth."""

    _connection: Any
    _isolation: str | None
    lock_wait_ms: int = LOCK_TIMEOUT_MS

    async def start(self) -> None:
        """Send BEGIN, isolation and lock time-out in one round trip."""
        isolation = (self._isolation or "read_committed").replace("_", " ").upper()
        # What asyncpg's own start() does first: savepoints and cursors ask for it.
        self._connection._top_xact = self
        try:
            await self._connection.execute(
                f"BEGIN ISOLATION LEVEL {isolation};"
                f" SET LOCAL lock_timeout = {self.lock_wait_ms}; {_SET_LOCAL}"
            )
        except BaseException:
            self._connection._top_xact = None
            self._state = TransactionState.FAILED
            raise
        self._state = TransactionState.STARTED

    async def commit(self) -> None:
        """Send COMMIT and read what became of it.

        Raises:
            OutcomeUnknown: the connection broke after COMMIT was sent.
            RuntimeError: PostgreSQL had aborted the transaction and rolled it back.
        """
        self._connection._top_xact = None
        self._state = TransactionState.FAILED
        if self._connection.is_closed():
            # Nothing was sent, so nothing was saved, and the whole may run again.
            raise asyncpg.ConnectionDoesNotExistError("the connection was closed before COMMIT")
        try:
            status = await self._connection.execute("COMMIT")
        except Exception as error:
            if is_lost(error) and not is_unsent(error):
                raise OutcomeUnknown from error
            raise
        if status != "COMMIT":
            raise RuntimeError("a statement's error was swallowed: PostgreSQL saved nothing")
        self._state = TransactionState.COMMITTED


class AmbientTransaction(TransactionWrapper):
    """What ORM and SQL calls inside an open transaction run on."""

    isolation: str | None = None
    lock_wait_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it has neither been committed nor rolled back."""
        return not self._finalized

    async def begin(self) -> None:
        """Open the transaction, or a savepoint where this wraps an open one."""
        lent = cast("Any", self._connection)
        if isinstance(self._parent, AmbientTransaction):
            self.transaction = lent.transaction()
        else:
            # The bare connection: the pool's proxy makes stock transactions only.
            self.transaction = BoundedTransaction(
                lent._con, cast("Any", self.isolation), readonly=False, deferrable=False
            )
            self.transaction.lock_wait_ms = self.lock_wait_ms or LOCK_TIMEOUT_MS
        await self.transaction.start()

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        """Give this transaction's connection, or after its end the pool's.

        A task begun inside a transaction inherits it, and may outlive it.
        """
        if self.is_open:
            return super().acquire_connection()
        return cast("ConnectionWrapper[Any]", self._parent.acquire_connection())

    def _in_transaction(self) -> NestedTransactionContext:
        return NestedTransactionContext(AmbientTransaction(self))


class TransactionScope(TransactionContextPooled):
    """From BEGIN to COMMIT or ROLLBACK; the connection goes back however it ends."""

    __slots__ = ("_lent", "_pool")
    client: AmbientTransaction
    token: ConnectionToken

    async def __aenter__(self) -> AmbientTransaction:
        await self.ensure_connection()
        self._pool = cast("Any", self.client._parent._pool)
        self._lent = await acquire(self._pool)
        self.client._connection = cast("Any", self._lent)
        self.token = get_connections().set(self.connection_name, self.client)
        try:
            await self.client.begin()
        except BaseException:  # a cancellation too
            await self._leave()
            raise
        return self.client

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        try:
            # A sibling in a broken gather() may still have a statement under way: it ends first.
            async with self.client._lock:
                await (self.client.commit() if exc_type is None else self._roll_back())
        finally:
            await self._leave()

    async def _roll_back(self) -> None:
        try:
            await self.client.rollback()
        except Exception as error:
            # A lost connection has rolled back by itself; what broke the work matters more.
            if not is_lost(error):
                raise

    async def _leave(self) -> None:
        self.client._finalized = True
        get_connections().reset(self.token)
        await self._pool.release(self._lent)


class PooledConnection(PoolConnectionWrapper[Lent]):
    """A connection for one statement outside a transaction."""

    __slots__ = ()

    async def __aenter__(self) -> Lent:
        await self.ensure_connection()
        self.connection = await acquire(self.client._pool)
        return self.connection


class Client(AsyncpgDBClient):
    """Tortoise's client: bounded waiting, safe transactions, reads that survive a restart."""

    def acquire_connection(self) -> PooledConnection:
        """Lend a connection for one statement."""
        return PooledConnection(self, self._pool_init_lock)

    def open_transaction(
        self, isolation: str | None = None, lock_wait_ms: int | None = None
    ) -> TransactionScope:
        """Prepare a transaction; it begins when the scope is entered."""
        transaction = AmbientTransaction(self)
        transaction.isolation = isolation
        transaction.lock_wait_ms = lock_wait_ms
        return TransactionScope(transaction, self._pool_init_lock)

    def _in_transaction(self) -> TransactionScope:
        return self.open_transaction()

    async def execute_query(
        self, query: str, values: list[Any] | None = None
    ) -> tuple[int, list[dict[str, Any]]]:
        """Run what the ORM wrote; a read survives a dead connection."""
        return await survive_loss(query, partial(super().execute_query, query, values))


client_class = Client
