"""The bus over PostgreSQL's LISTEN and NOTIFY, on a connection of its own.

NOTIFY takes a lock that all who notify in a database share, until their commit is on disk. So no
buyer's transaction ever notifies: this connection does, once a window, and its commits wait for no
disk, since a notice that a crash takes away is made good by comparing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from bigcat_graphql.database import Connection, DatabaseUrl, connect
from bigcat_graphql.live.bus.link import Connect, Hear, Link

CHANNEL = "bigcat_changes"
APPLICATION_NAME = "bigcat-bus"
_NOTIFY = "SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message"
_ANSWER_SECONDS = 5.0
# A connection that a firewall forgot looks as alive as a quiet one.
_LOOK_EVERY_SECONDS = 15.0


class CannotHear(Exception):
    """Our own notice did not come back: between us and PostgreSQL is a pooler that hides them."""


def over_postgres(find_url: Callable[[], DatabaseUrl]) -> Connect:
    """Connect to the database that is found when it is time to."""

    def open_link(hear: Hear) -> AbstractAsyncContextManager[Link]:
        return _open(replace(find_url(), application_name=APPLICATION_NAME), hear)

    return open_link


@asynccontextmanager
async def _open(url: DatabaseUrl, hear: Hear) -> AsyncIterator[Link]:
    connection = await connect(url)
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await connection.execute("SET synchronous_commit = off")
            await _prove_hearing(connection)
            link = _PostgresLink(connection)
            await connection.add_listener(CHANNEL, lambda *notice: hear(notice[-1].encode()))
        yield link
    finally:
        # Not close(): it would wait for a server that may be gone.
        connection.terminate()


async def _prove_hearing(connection: Connection) -> None:
    """Notify ourselves, as PgBouncer swallows notices without a word in its transaction mode."""
    heard = asyncio.Event()

    def note(*_: object) -> None:
        heard.set()

    channel = f"{CHANNEL}_{connection.get_server_pid()}"
    await connection.add_listener(channel, note)
    await connection.execute(_NOTIFY, channel, ["hello"])
    try:
        async with asyncio.timeout(_ANSWER_SECONDS / 2):
            await heard.wait()
    except TimeoutError:
        raise CannotHear(
            "notices do not come through; where DATABASE_URL leads to PgBouncer, set BIGCAT_BUS"
            " to the address of PostgreSQL itself"
        ) from None
    await connection.remove_listener(channel, note)


class _PostgresLink:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # asyncpg refuses a statement while another is under way.
        self._is_free = asyncio.Lock()
        self._lost = asyncio.Event()
        connection.add_termination_listener(lambda _: self._lost.set())

    async def send(self, messages: Sequence[bytes]) -> None:
        await self._run(_NOTIFY, CHANNEL, [message.decode() for message in messages])

    async def until_lost(self) -> None:
        while not self._lost.is_set():
            try:
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._lost.wait()
            except TimeoutError:
                await self._run("SELECT 1")

    async def _run(self, statement: str, *args: object) -> None:
        async with self._is_free, asyncio.timeout(_ANSWER_SECONDS):
            await self._connection.execute(statement, *args)
