"""The toy schema behind our own server, in this process and on a real port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette

from bigcat_graphql.server.app import create_app
from bigcat_graphql.server.run import Server
from bigcat_graphql.settings import Settings
from tests.server.toy import schema
from tests.server.toy_server import SERVICES


class QuietServer(Server):
    """The server without its signal handlers: those are pytest's here."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(Settings(), schema, SERVICES))
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as one:
        yield one


@asynccontextmanager
async def serving(app: Starlette, settings: Settings) -> AsyncIterator[tuple[QuietServer, str]]:
    """A server on a free port of its own, and its address."""
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = QuietServer(app, settings, started.set_result)
    running = asyncio.create_task(server.serve())
    try:
        yield server, (await started).replace("http://localhost", "127.0.0.1")
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def listening(**given: object) -> AsyncIterator[tuple[QuietServer, str]]:
    """A server with the toy schema on a free port of its own, and its address."""
    settings = Settings.model_validate({"port": 0, "graceful_seconds": 2, **given})
    async with serving(create_app(settings, schema, SERVICES), settings) as listening_at:
        yield listening_at


@pytest.fixture(scope="session")
async def address() -> AsyncIterator[str]:
    """Where a server with the toy schema listens, as `127.0.0.1:port`."""
    async with listening(max_sockets=10) as (_, address):
        yield address
