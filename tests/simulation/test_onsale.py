"""The simulation itself: short, with one kill of each kind, and with nothing left behind."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.running import bare_environment, bigcat

pytestmark = pytest.mark.skipif(os.name != "posix", reason="nothing is killed by -9 here")

SPEED = "seconds until seats are booked again"
VICTIMS = {
    "server-1",
    "server-2",
    "PostgreSQL",
    "PostgreSQL's first process",
    "a session of PostgreSQL",
}


def find_ours(directory: Path) -> list[str]:
    """List the processes that have been told of a directory, where the system tells (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(directory) in told:
            found.append(process.name)
    return found


async def test_a_rush_with_one_kill_of_each_kind_breaks_nothing(tmp_path: Path) -> None:
    picture = tmp_path / "rush.svg"
    options = ("--seconds", "20", "--buyers", "150", "--visits-per-second", "20")

    done = await bigcat("onsale-sim", "--json", "--picture", str(picture), *options)

    assert done.returncode in {0, 1}, done.stdout + done.stderr
    facts = json.loads(done.stdout)
    assert {kill["what"] for kill in facts["kills"]} == VICTIMS
    broken = [one for one in facts["findings"] if not one["holds"]]
    assert done.returncode == bool(broken)
    # How soon all is well again is a matter of the machine, which the tests may share.
    assert [one for one in broken if one["what"] != SPEED] == []
    assert SPEED in {one["what"] for one in facts["findings"]}
    assert facts["bookings"] > 0
    assert facts["repeats"] > 0
    assert facts["examples"] == []
    drawn = ET.fromstring(picture.read_text())  # noqa: S314 - written by ourselves
    assert drawn.tag.endswith("svg")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_it_leaves_no_process_behind_however_it_ends(number: signal.Signals) -> None:
    # Root's PostgreSQL runs as somebody else, who must get through: not pytest's own directory.
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)  # noqa: ASYNC240 - nothing else runs here yet
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bigcat_graphql", "onsale-sim", "--buyers", "10"),
            *("--logs", str(directory / "logs")),
            env=bare_environment() | {"TMPDIR": name},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        while not (directory / "logs" / "server-2.log").exists():
            assert process.returncode is None
            await asyncio.sleep(0.05)
        process.send_signal(number)
        code = await asyncio.wait_for(process.wait(), 60)

        async with asyncio.timeout(60):
            while find_ours(directory):
                await asyncio.sleep(0.05)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 130)


@pytest.mark.parametrize("seconds", [600, -600])
async def test_a_skewed_process_believes_another_time_in_everything(seconds: int) -> None:
    code = (
        "import json, time\n"
        "from bigcat_graphql.simulation.node_process import skew_clock\n"
        f"right = time.time(); skew_clock({seconds})\n"
        "from datetime import datetime\n"
        "from bigcat_graphql import clock, ids\n"
        "id_seconds = (ids.new_id().int >> 80) / 1000\n"
        "told = [time.time(), clock.utc_now().timestamp(), datetime.now().timestamp()]\n"
        "print(json.dumps([one - right for one in [*told, id_seconds]]))\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()

    assert process.returncode == 0
    assert json.loads(told) == [pytest.approx(seconds, abs=60)] * 4
