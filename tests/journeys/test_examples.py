"""The programs in `examples/` do what they say."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bigcat_graphql.database import DatabaseUrl
from tests.cli.running import bare_environment
from tests.journeys.serving import Server

EXAMPLES = Path(__file__).parents[2] / "examples"


async def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    # On a thread: the servers' fixtures need the loop to go on.
    return await asyncio.to_thread(
        subprocess.run,
        [str(word) for word in command],
        env=bare_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def rush(*options: str) -> Any:
    done = await run(sys.executable, EXAMPLES / "rush.py", "--json", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(done.stdout)
    assert facts["winners"] > 0
    assert [one for one in facts["proof"] if not one["holds"]] == []
    return facts


async def test_a_rush_sells_every_seat_once(database: DatabaseUrl) -> None:
    url = str(database)
    facts = await rush("--bookers", "60", "--seats", "20", "--database-url", url)
    assert sum(facts["losers"].values()) == 60 - facts["winners"]


@pytest.mark.skipif(os.name != "posix", reason="nothing is killed by -9 here")
async def test_a_rush_outlives_postgresql_killed_in_the_middle() -> None:
    facts = await rush("--bookers", "60", "--seats", "20", "--kill-postgres")
    assert facts["resumed_after_seconds"] is not None


async def test_the_python_client_watches_its_seats_through_a_lost_connection(demo: Server) -> None:
    done = await run(sys.executable, EXAMPLES / "python-client" / "main.py", demo.address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SeatAvailabilitySnapshot") == 1  # it resumed by deltas
    assert "the same as" in done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl_is_enough(demo: Server) -> None:
    done = await run("sh", EXAMPLES / "curl.sh", demo.address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("CANCELLED\n")
