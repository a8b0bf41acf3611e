"""The database a verb works on: DATABASE_URL's, or the one bigcat brings."""

import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from bigcat_graphql.cli.terminal import Refused
from bigcat_graphql.database import DatabaseUrl, close_database, migrate, open_database
from bigcat_graphql.database.embedded import start_embedded
from bigcat_graphql.settings import get_settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """A database; `ours` when bigcat runs its server, and so may migrate it unasked."""

    url: DatabaseUrl
    ours: bool


@contextmanager
def database_place() -> Iterator[Place]:
    """Find the database, starting bigcat's own server when there is no DATABASE_URL."""
    settings = get_settings()
    if settings.database_url:
        yield Place(DatabaseUrl.parse(settings.database_url), ours=False)
        return
    with start_embedded(settings.data_dir) as server:
        yield Place(server.url(), ours=True)


def run_on_database(work: Callable[[], Awaitable[T]]) -> T:
    """Run a verb with its database open and up to date.

    Raises:
        Refused: it is not up to date, and not ours to change.
        DatabaseUnreachable: nobody answers there, or refuses us.
        EmbeddedRefused: PostgreSQL cannot run here.
    """
    with database_place() as place:
        return run_in(place, work)


def run_in(place: Place, work: Callable[[], Awaitable[T]]) -> T:
    """Run a verb in a place that stays longer than the verb takes; raises as `run_on_database`."""
    return run(_open_around(work, place))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end on the fast loop where there is one."""
    if sys.platform == "win32":
        import asyncio  # noqa: PLC0415 - only here

        return asyncio.run(coroutine)
    import uvloop  # noqa: PLC0415 - not to be had on Windows

    return uvloop.run(coroutine)


async def _open_around(work: Callable[[], Awaitable[T]], place: Place) -> T:
    # Opened first: a database that cannot be reached is said so, by name.
    await open_database(place.url, pool_max=get_settings().pool_max)
    try:
        await _bring_up_to_date(place)
        return await work()
    finally:
        await close_database()


async def _bring_up_to_date(place: Place) -> None:
    pending = await migrate(place.url, check=not place.ours)
    if pending and not place.ours:
        raise Refused(
            f"The tables of {place.url.place} are not up to date, {', '.join(pending)} is missing:"
            " run `bigcat migrate` first."
        )
