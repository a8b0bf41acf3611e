"""One server and one migrated database for the whole run; tests commit, and are swept after."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path
from uuid import uuid4

import pytest
import uvloop
from hypothesis import HealthCheck, settings

from bigcat_graphql.database import (
    Connection,
    DatabaseUrl,
    close_database,
    connect,
    migrate,
    open_database,
)
from bigcat_graphql.database.embedded import start_embedded
from bigcat_graphql.settings import override_settings

# A slow machine fails no property; CI tries the same examples each time, people new ones.
settings.register_profile(
    "bigcat",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("bigcat")

# A shell starts what runs in its background deaf to Ctrl-C, and so would be all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run on the loop that the server runs on: it differs from the standard one in small ways."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session", autouse=True)
def no_hurry() -> Iterator[None]:
    """Scenes press an evening into a moment: only those of hurry itself count it."""
    with override_settings(bookings_per_minute=1e9, watches_per_minute=1e9):
        yield


@pytest.fixture(scope="session")
def server_url() -> Iterator[DatabaseUrl]:
    given = os.environ.get("BIGCAT_TEST_DATABASE_URL")
    if given:
        yield DatabaseUrl.parse(given)
        return
    directory = Path(tempfile.mkdtemp(prefix="bigcat-test-"))
    # Root's server runs as another account, which must get through.
    directory.chmod(0o755)
    with start_embedded(
        directory / "data", durable=False, settings={"max_connections": "200"}
    ) as server:
        yield server.url("postgres")
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
async def database_url(server_url: DatabaseUrl) -> AsyncIterator[DatabaseUrl]:
    """A scratch database with all migrations applied; `str()` of it serves as DATABASE_URL."""
    name = f"bigcat_test_{uuid4().hex}"
    admin = await connect(server_url)
    await admin.execute(f'CREATE DATABASE "{name}"')
    try:
        url = server_url.with_database(name)
        await migrate(url)
        yield url
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


@pytest.fixture(scope="session")
async def opened_database(database_url: DatabaseUrl) -> AsyncIterator[DatabaseUrl]:
    await open_database(database_url)
    yield database_url
    await close_database()


@pytest.fixture(scope="session")
async def broom(database_url: DatabaseUrl) -> AsyncIterator[tuple[Connection, str]]:
    connection = await connect(replace(database_url, application_name="broom"))
    # A test that leaves a transaction open fails here, by name, rather than hang the run.
    await connection.execute("SET lock_timeout = '30s'")
    yield connection, await _deletes(connection)
    await connection.close()


@pytest.fixture
async def database(
    opened_database: DatabaseUrl, broom: tuple[Connection, str]
) -> AsyncIterator[DatabaseUrl]:
    """The open, empty database. Everything a test commits is deleted after it."""
    yield opened_database
    connection, deletes = broom
    await connection.execute(deletes)


@pytest.fixture
async def rival(database: DatabaseUrl) -> AsyncIterator[Connection]:
    """A second connection of our own, for what somebody else does meanwhile."""
    connection = await connect(replace(database, application_name="rival"))
    yield connection
    await connection.close()


async def _deletes(connection: Connection) -> str:
    """Write a DELETE for each table, the referring first: 70 times faster than TRUNCATE."""
    tables = await connection.fetch(
        "SELECT tablename FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'tortoise_migrations'"
    )
    references = await connection.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS referring, confrelid::regclass::text AS target"
        " FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid"
    )
    order: TopologicalSorter[str] = TopologicalSorter({row["tablename"]: () for row in tables})
    for row in references:
        order.add(row["target"], row["referring"])
    return ";".join(f'DELETE FROM "{table}"' for table in order.static_order())
