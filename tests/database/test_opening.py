"""Opening the one database of a process, in processes of their own."""

import asyncio
import sys
from asyncio.subprocess import PIPE
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


async def _open(url: DatabaseUrl) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", _OPEN, str(url)), stdout=PIPE, stderr=PIPE
    )
    said, complained = await process.communicate()
    return process.returncode, said.decode(), complained.decode()


async def test_tasks_find_the_database_and_closing_leaves_nothing(
    database_url: DatabaseUrl,
) -> None:
    code, said, complained = await _open(database_url)
    assert (code, complained) == (0, "")
    assert database_url.database in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"database": "nowhere"}, ("nowhere",)),
        ({"host": "127.0.0.1", "port": 1}, ("127.0.0.1:1", "Errno")),
        ({"host": "/nowhere"}, ("/nowhere", "No such file")),
        ({"user": "nobody_here"}, ("nobody_here",)),
    ],
)
async def test_a_wrong_place_fails_at_the_start_and_is_named_with_the_reason(
    database_url: DatabaseUrl, change: dict[str, str], says: tuple[str, ...]
) -> None:
    code, _, complained = await _open(replace(database_url, **change))  # type: ignore[arg-type] # any one field
    assert code == 1
    assert complained.startswith("unreachable: ")
    assert all(words in complained for words in says), complained
    assert "Too many" not in complained
