"""Opening the one database of a process, in processes of their own."""

import subprocess
import sys
from dataclasses import replace

import pytest

from bigcat_graphql.database import DatabaseUrl

_OPEN = """
import asyncio, sys
from bigcat_graphql.database import DatabaseUnreachable, close_database, fetch_one, open_database

async def main():
    try:
        await open_database(sys.argv[1])
    except DatabaseUnreachable as error:
        sys.exit(f"unreachable: {error}")
    print(await asyncio.create_task(fetch_one("SELECT current_database()")))
    await close_database()
    await close_database()

asyncio.run(main())
"""


def _open(url: DatabaseUrl) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", _OPEN, str(url)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours


def test_tasks_find_the_database_and_closing_leaves_nothing(database_url: DatabaseUrl) -> None:
    done = _open(database_url)
    assert done.stderr == ""
    assert database_url.database in done.stdout


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"database": "nowhere"}, "nowhere"),
        ({"host": "127.0.0.1", "port": 1}, "127.0.0.1:1"),
        ({"host": "/nowhere"}, "/nowhere"),
        ({"user": "nobody_here"}, "nobody_here"),
    ],
)
def test_a_wrong_place_fails_at_the_start_and_is_named(
    database_url: DatabaseUrl, change: dict[str, str], says: str
) -> None:
    done = _open(replace(database_url, **change))  # type: ignore[arg-type] # any one field
    assert done.returncode == 1
    assert done.stderr.startswith("unreachable: ")
    assert says in done.stderr
