"""Migrations from nothing, in databases of their own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from tortoise.migrations.recorder import MigrationRecorder

import bigcat_graphql.models.migrations
from bigcat_graphql.database import DatabaseUrl, connect, migrate
from bigcat_graphql.models import Account

_PACKAGE = Path(bigcat_graphql.models.migrations.__file__).parent
_ALL = sorted(file.stem for file in _PACKAGE.glob("[0-9]*.py"))


@pytest.fixture
async def empty(server_url: DatabaseUrl) -> AsyncIterator[DatabaseUrl]:
    name = f"bigcat_test_{uuid4().hex}"
    admin = await connect(server_url)
    await admin.execute(f"CREATE DATABASE {name}")
    yield server_url.with_database(name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def _tables(url: DatabaseUrl) -> int:
    connection = await connect(url)
    try:
        count = await connection.fetchval(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        )
    finally:
        await connection.close()
    return int(count)


async def test_checking_names_what_is_missing_and_changes_nothing(empty: DatabaseUrl) -> None:
    assert await migrate(empty, check=True) == _ALL
    assert await _tables(empty) == 0


async def test_migrating_again_changes_nothing(empty: DatabaseUrl) -> None:
    assert await migrate(empty) == _ALL
    assert await migrate(empty) == []
    assert await migrate(empty, check=True) == []


async def test_two_that_migrate_at_once_share_the_work(empty: DatabaseUrl) -> None:
    names = await asyncio.gather(migrate(str(empty)), migrate(str(empty)))
    assert sorted(names, key=len) == [[], _ALL]


async def test_a_migration_that_is_cut_off_leaves_no_trace(
    empty: DatabaseUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(_self: MigrationRecorder, _app: str, _name: str) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr(MigrationRecorder, "record_applied", die)
        with pytest.raises(ConnectionResetError):
            await migrate(empty)
    # Tortoise's own list of what has been applied, and nothing else.
    assert await _tables(empty) == 1
    assert await migrate(empty) == _ALL


async def test_an_open_database_is_not_disturbed(database: DatabaseUrl) -> None:
    assert await migrate(database) == []
    assert await Account.all().count() == 0
