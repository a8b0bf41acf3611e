"""A real nats-server, beside the interpreter where its package puts it."""

import asyncio
import os
import random
import shutil
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.live.bus.news import PATIENCE_SECONDS

BINARY = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which(
    "nats-server"
)


class NatsServer:
    """One server on a port of its own, that can be stopped and started again."""

    def __init__(self) -> None:
        self.port = find_port()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    async def start(self) -> None:
        assert BINARY is not None
        with tempfile.TemporaryFile() as log:
            self._process = await asyncio.create_subprocess_exec(
                *(BINARY, "--addr", "127.0.0.1", "--port", str(self.port)),
                stdout=log,
                stderr=log,
            )
            async with asyncio.timeout(PATIENCE_SECONDS):
                while "Server is ready" not in (said := _read(log.fileno())):
                    assert self._process.returncode is None, said
                    await asyncio.sleep(0.02)

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()


def find_port() -> int:
    """Find a free port that stays free while the server is away.

    Below those that the system gives to whoever asks for any, as all the other tests do meanwhile.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port


def _read(log: int) -> str:
    return os.pread(log, 1_000_000, 0).decode(errors="replace")
