"""A real server on the tests' database, killed and started again, with Stripe and post faked."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.cli.running import bare_environment

_PATIENCE_SECONDS = 90


@dataclass
class Shop:
    """One server after the other; whoever asks does not know which."""

    nursery: asyncio.subprocess.Process
    environment: Mapping[str, str]
    log: Path
    pid: int = 0
    address: str = ""

    async def open(self) -> None:
        """Start a server, and wait until it takes requests."""
        log = self.log.with_suffix(f".{uuid4().hex}")
        told = {"environment": dict(self.environment), "log": str(log)}
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(json.dumps(told).encode() + b"\n")
        self.pid = int(await self.nursery.stdout.readline())
        self.log = log
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not (found := re.search(r"http://localhost:\d+", self.said())):
                assert self.is_open(), self.said()
                await asyncio.sleep(0.01)
        self.address = found[0]

    def said(self) -> str:
        """Give what the server of now has logged."""
        return self.log.read_text() if self.log.exists() else ""

    def is_open(self) -> bool:
        """Whether the process is there."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, 0)
            return self.pid > 0
        return False

    def strike(self) -> None:
        """End the server as a power cut would."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    async def kill(self) -> None:
        """End the server, and wait until it is gone."""
        self.strike()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while self.is_open():
                await asyncio.sleep(0.005)

    async def ask(
        self, document: str, variables: Mapping[str, Any], *, token: str | None = None
    ) -> Any:
        """Give the one payload of an operation.

        Raises:
            httpx.TransportError: the server died of it.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS) as http:
            request = {"query": document, "variables": variables}
            answer = await http.post(f"{self.address}/graphql", json=request, headers=headers)
        said = answer.json()
        assert "errors" not in said, (said, self.said())
        [payload] = said["data"].values()
        return payload


@asynccontextmanager
async def run_shop(directory: Path, environment: Mapping[str, str]) -> AsyncIterator[Shop]:
    """Have a nursery for servers, and end all of them."""
    nursery = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.payments.nursery"),
        env=bare_environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    shop = Shop(nursery, {**bare_environment(), **environment}, directory / "server")
    try:
        yield shop
    finally:
        if shop.pid:
            await shop.kill()
        assert nursery.stdin is not None
        nursery.stdin.close()
        await nursery.wait()
