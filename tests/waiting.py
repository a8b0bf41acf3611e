"""Waiting until somebody else waits: the moment at which two rivals have met."""

import asyncio

from bigcat_graphql.database import Connection

_PATIENCE_SECONDS = 30


async def until_waiting(connection: Connection, count: int = 1) -> None:
    """Wait until so many sessions of this database wait for a lock."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await _count_waiting(connection) < count:
            await asyncio.sleep(0.01)


async def _count_waiting(connection: Connection) -> int:
    # In a transaction the list of sessions stays as it was first seen, without those opened since.
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return int(await connection.fetchval(waiting))
