"""How many files the server may have open."""

import asyncio
import sys

import pytest

_RAISE = """
import resource
from bigcat_graphql.server.descriptors import allow_connections

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard if hard < 0 else min(hard, {hard})))
allow_connections({wanted})
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize(
    ("wanted", "hard", "allowed"), [(300, 4000, 800), (9000, 1000, 1000)], ids=["enough", "less"]
)
async def test_a_low_soft_limit_is_raised_as_far_as_the_system_lets_us(
    wanted: int, hard: int, allowed: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _RAISE.format(wanted=wanted, hard=hard)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert int(said.splitlines()[-1]) == allowed
    assert (b"few_open_files" in said) == (allowed < wanted)
