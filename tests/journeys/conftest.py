from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bigcat_graphql.database import DatabaseUrl, connect, migrate
from tests.journeys.serving import Server, serving
from tests.journeys.visitor import Visitor


@pytest.fixture(scope="session")
async def demo(server_url: DatabaseUrl) -> AsyncIterator[Server]:
    """What `./run` shows to whoever comes for the first time."""
    name = f"bigcat_demo_{uuid4().hex}"
    admin = await connect(server_url)
    await admin.execute(f'CREATE DATABASE "{name}"')
    try:
        url = server_url.with_database(name)
        await migrate(url)
        async with serving("--demo", DATABASE_URL=str(url)) as server:
            yield server
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


@pytest.fixture
async def visitor(demo: Server) -> AsyncIterator[Visitor]:
    async with Visitor(demo) as one:
        yield one
