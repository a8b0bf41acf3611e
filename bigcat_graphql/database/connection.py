"""Opening and closing the one database of a process, and running SQL on its ambient connection."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError

from bigcat_graphql.database import engine
from bigcat_graphql.database.pool import Connection, keep_session, survive_loss
from bigcat_graphql.database.url import DatabaseUrl
from bigcat_graphql.errors import Busy

T = TypeVar("T")

_REFUSALS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    DBConnectionError,
    Busy,
)


class DatabaseUnreachable(Exception):
    """The database did not answer at start; the text says where it was looked for, and why."""


_open: TortoiseContext | None = None
_opened_at: DatabaseUrl | None = None


async def open_database(url: DatabaseUrl | str, *, pool_min: int = 1, pool_max: int = 16) -> None:
    """Open the pool that everything in this process shares, and prove that it answers.

    Raises:
        DatabaseUnreachable: nobody answers there, or refuses us.
        SettingsRefused: the URL makes no sense.
        RuntimeError: it is open already.
    """
    # One database a process, as Tortoise's global context has it.
    global _open, _opened_at
    if _open is not None:
        raise RuntimeError("the database is open already")
    where = as_url(url)
    context = TortoiseContext()
    with context:
        # The fallback lets request tasks, which do not descend from this one, find the connection.
        await context.init(
            tortoise_config(where, pool_min=pool_min, pool_max=pool_max),
            _enable_global_fallback=True,
        )
    _open, _opened_at = context, where
    try:
        await fetch_one("SELECT 1")
    except _REFUSALS as error:
        await close_database()
        raise DatabaseUnreachable(f"{where.place}: {_say_why(error)}") from error


def _say_why(error: Exception) -> str:
    """Say what PostgreSQL or the network said: nobody has asked anything that could be too much."""
    if isinstance(error, Busy):
        return str(error.__cause__ or "no answer in time")
    return str(error) or "no answer in time"


async def close_database() -> None:
    """Close the pool; closing twice is harmless."""
    global _open
    context, _open = _open, None
    if context is not None:
        await context.close_connections()


def opened_at() -> DatabaseUrl:
    """Say where the open database is, for those who need a connection of their own.

    Raises:
        RuntimeError: none is open.
    """
    if _open is None or _opened_at is None:
        raise RuntimeError("open_database() comes first")
    return _opened_at


def tortoise_config(
    url: DatabaseUrl | str, *, pool_min: int = 1, pool_max: int = 16
) -> dict[str, Any]:
    """Describe connection and models to Tortoise."""
    credentials = as_url(url).connect_arguments() | {
        "minsize": pool_min,
        "maxsize": pool_max,
        "reset": keep_session,
    }
    models = {
        "models": ["bigcat_graphql.models"],
        "migrations": "bigcat_graphql.models.migrations",
        "default_connection": "default",
    }
    return {
        "connections": {"default": {"engine": engine.__name__, "credentials": credentials}},
        "apps": {"models": models},
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect(url: DatabaseUrl | str) -> Connection:
    """Make a connection outside the pool, for LISTEN and session locks; the caller closes it."""
    connection: Connection = await asyncpg.connect(**as_url(url).connect_arguments())
    return connection


async def fetch_all(sql: str, *args: object) -> list[asyncpg.Record]:
    """Run a statement in the open transaction, else on the pool, and return its rows.

    Outside a transaction a read survives a restart of PostgreSQL.

    Raises:
        Busy: no connection came free.
        OutcomeUnknown: the connection broke under a write outside a transaction.
    """
    return await _run(sql, lambda connection: connection.fetch(sql, *args))


async def fetch_one(sql: str, *args: object) -> asyncpg.Record | None:
    """Run a statement as `fetch_all` does, and return its first row."""
    return await _run(sql, lambda connection: connection.fetchrow(sql, *args))


async def execute(sql: str, *args: object) -> str:
    """Run a statement as `fetch_all` does, and return PostgreSQL's status, `UPDATE 3`."""
    return await _run(sql, lambda connection: connection.execute(sql, *args))


async def _run(sql: str, send: Callable[[Connection], Awaitable[T]]) -> T:
    client: Any = get_connection("default")

    async def once() -> T:
        async with client.acquire_connection() as connection:
            return await send(connection)

    # In a transaction, a lost connection has taken the earlier statements with it.
    if isinstance(client, engine.AmbientTransaction) and client.is_open:
        return await once()
    return await survive_loss(sql, once)


def as_url(url: DatabaseUrl | str) -> DatabaseUrl:
    """Read a URL unless it has been read."""
    return url if isinstance(url, DatabaseUrl) else DatabaseUrl.parse(url)
