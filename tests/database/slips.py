"""A tiny table of the database room's own tests, and what rivals do to our sessions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bigcat_graphql.database import Connection, DatabaseUrl, connect, execute


async def add_slip(number: int) -> None:
    await execute("INSERT INTO slip VALUES ($1, '')", number)


async def count_slips(connection: Connection) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM slip"))


async def other_sessions(rival: Connection, *, doing: str = "") -> list[int]:
    """The pool's server processes, those whose present statement begins with `doing`."""
    rows = await rival.fetch(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND application_name = 'bigcat'"
        " AND ($1 = '' OR state = 'active' AND starts_with(query, $1))",
        doing,
    )
    return [row["pid"] for row in rows]


@asynccontextmanager
async def held(database: DatabaseUrl) -> AsyncIterator[None]:
    """Let whoever wants anything of `slip` wait, for as long as the block lasts."""
    holder = await connect(replace(database, application_name="holder"))
    async with holder.transaction():
        await holder.execute("LOCK TABLE slip")
        yield
    await holder.close()


async def end_session_doing(rival: Connection, statement: str) -> None:
    """Wait until a session of the pool is at a statement, and end it."""
    while not (sessions := await other_sessions(rival, doing=statement)):
        await asyncio.sleep(0.01)
    await terminate(rival, sessions)


async def terminate(rival: Connection, sessions: list[int]) -> None:
    await rival.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", sessions)
