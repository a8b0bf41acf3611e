"""Running `bigcat` as people and programs do."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from bigcat_graphql.database import DatabaseUrl

Done = subprocess.CompletedProcess[str]
Call = Callable[..., Done]


async def bigcat(
    *arguments: str, database: DatabaseUrl | str | None = None, typed: str = "", **variables: str
) -> Done:
    """Run a verb in a process of its own, with only these settings."""
    where = {} if database is None else {"DATABASE_URL": str(database)}
    # On a thread: the fixtures' connections need the loop to go on.
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "bigcat_graphql", *arguments],
        input=typed,
        env=bare_environment() | where | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def bare_environment() -> dict[str, str]:
    """Give the environment without any setting of bigcat's."""
    return {name: value for name, value in os.environ.items() if not is_setting(name)}


def is_setting(name: str) -> bool:
    return name.startswith("BIGCAT_") or name in {"DATABASE_URL", "HOST", "PORT", "WEB_CONCURRENCY"}


def answer_of(done: Done) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_refused(done: Done, code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert done.stdout == ""
