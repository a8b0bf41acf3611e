"""Bringing a database's tables up to date, one process at a time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations import operations as ops
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget, PlanStep

from bigcat_graphql.database.connection import as_url, connect, tortoise_config
from bigcat_graphql.database.url import DatabaseUrl

# "bigcat" in ASCII: any number nobody else would lock.
_LOCK_KEY = 0x626967636174
# Another process migrates for us meanwhile; longer than this it is stuck.
_LOCK_SECONDS = 600


async def migrate(url: DatabaseUrl | str, *, check: bool = False) -> list[str]:
    """Apply what has not been applied, and return its names; with `check`, only name it."""
    where = as_url(url)
    async with _alone(where), TortoiseContext() as context:
        config = tortoise_config(where, pool_max=2)
        await context.init(config)
        client = context.connections.get("default")
        executor = MigrationExecutor(client, config["apps"])
        if not check:
            # Before any transaction: the executor asks for this table and swallows the error when
            # it is missing, which would abort the transaction around it.
            editor = executor._schema_editor(atomic=False)  # noqa: SLF001 - no public way to make one
            await executor.recorder.ensure_schema(editor)
        steps = await executor.plan()
        if not check:
            for step in steps:
                await _apply(client, step, config["apps"])
        return [step.migration.name for step in steps]


def together(operations: Sequence[ops.Operation]) -> list[ops.Operation]:
    """Make one operation of statements that follow each other.

    For each operation Tortoise makes all models anew: 200 constraints one by one took 4 seconds.
    """
    merged: list[ops.Operation] = []
    for is_sql, group in groupby(operations, lambda one: isinstance(one, ops.RunSQL)):
        if is_sql:
            statements: list[Any] = list(group)
            forward = [one.sql for one in statements]
            backward = [one.reverse_sql for one in reversed(statements)]
            merged.append(ops.RunSQL(forward, backward))
        else:
            merged += group
    return merged


@asynccontextmanager
async def _alone(url: DatabaseUrl) -> AsyncIterator[None]:
    """Hold a session lock on a connection of its own: two nodes may start at once."""
    connection = await connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK_KEY, timeout=_LOCK_SECONDS)
        yield
    finally:
        await connection.close()


async def _apply(
    client: BaseDBAsyncClient, step: PlanStep, apps: dict[str, dict[str, object]]
) -> None:
    target = MigrationTarget(step.migration.app_label, step.migration.name)
    if not step.migration.atomic:
        await MigrationExecutor(client, apps).migrate([target])
        return
    # Tortoise notes a migration as applied after its own transaction: a kill between would leave
    # tables that the next run makes again. Around both, its transaction is a savepoint.
    async with client._in_transaction() as transaction:  # noqa: SLF001 - not run_transaction: another context
        await MigrationExecutor(transaction, apps).migrate([target])
