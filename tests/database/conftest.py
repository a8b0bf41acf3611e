"""Tables that belong to no model."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bigcat_graphql.database import Connection, DatabaseUrl, connect
from tests.database.embedded_users import find_processes, wait_until


@pytest.fixture
async def slips(database: DatabaseUrl) -> AsyncIterator[None]:
    """An empty table `slip`."""
    # Under a name of its own, so that tests which end the pool's sessions spare it.
    maker = await connect(replace(database, application_name="maker"))
    await maker.execute("CREATE TABLE slip (id int PRIMARY KEY, note text NOT NULL)")
    yield
    await maker.execute("DROP TABLE slip")
    await maker.close()


@pytest.fixture
async def slow_commit(rival: Connection, slips: None) -> AsyncIterator[None]:
    """A COMMIT on `slip` that takes a while."""
    assert slips is None
    await rival.execute(
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN PERFORM pg_sleep(5); RETURN NULL; END'"
    )
    await rival.execute(
        "CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON slip"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger()"
    )
    yield
    await rival.execute("DROP FUNCTION linger CASCADE")


@pytest.fixture
def root() -> Iterator[Path]:
    """A place for an embedded server, short and open to its account; quiet at the end."""
    parent = Path(tempfile.mkdtemp(prefix="bigcat-root-", dir="/tmp"))
    parent.chmod(0o755)
    yield parent / "data"
    wait_until(lambda: not find_processes(parent))
    shutil.rmtree(parent)
