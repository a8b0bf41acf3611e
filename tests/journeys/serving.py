"""`bigcat serve` in a process of its own, told by environment variables as an operator would."""

import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.cli.running import bare_environment

_PATIENCE_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes requests."""

    address: str
    process: asyncio.subprocess.Process
    log: int

    @property
    def socket_address(self) -> str:
        return self.address.replace("http", "ws", 1) + "/graphql"

    def said(self) -> str:
        """Give all that it has written so far."""
        return os.pread(self.log, 100_000_000, 0).decode()

    async def stop(self) -> int:
        """Send SIGTERM, and give the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), _PATIENCE_SECONDS)


@asynccontextmanager
async def serving(*arguments: str, **variables: str) -> AsyncIterator[Server]:
    # A file, not a pipe: nobody has to read it for the server to go on.
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bigcat_graphql", "serve", "--port", "0", *arguments),
            env=bare_environment() | variables,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=log,
        )
        try:
            yield Server(await _address_of(process, log.fileno()), process, log.fileno())
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def _address_of(process: asyncio.subprocess.Process, log: int) -> str:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            said = os.pread(log, 1_000_000, 0).decode()
            if found := re.search(r"http://localhost:\d+", said):
                return found[0]
            if process.returncode is not None:
                raise AssertionError(f"it ended: {said}")
            await asyncio.sleep(0.02)
