"""The bus over NATS, for many nodes: PostgreSQL then has nothing to do with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg

from bigcat_graphql.live.bus.link import Connect, Hear, Link

_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 5
_CLOSE_SECONDS = 2
_PING_SECONDS = 10


def over_nats(servers: str, prefix: str) -> Connect:
    """Connect to one of `nats://host:port,nats://host:port`; the subject is `<prefix>.changes`."""

    def open_link(hear: Hear) -> AbstractAsyncContextManager[Link]:
        return _open(servers.split(","), f"{prefix}.changes", hear)

    return open_link


@asynccontextmanager
async def _open(servers: list[str], subject: str, hear: Hear) -> AsyncIterator[Link]:
    link = _NatsLink(subject)

    async def receive(message: Msg) -> None:
        hear(message.data)

    try:
        await link.connect(servers)
        await _undisturbed(link.client.subscribe(subject, cb=receive), _ANSWER_SECONDS)
        await link.reach_server()
        yield link
    finally:
        with suppress(TimeoutError):
            await _undisturbed(link.client.close(), _CLOSE_SECONDS)


async def _undisturbed(work: Coroutine[Any, Any, object], seconds: float) -> None:
    """Wait for the client: it swallows cancellations, and whoever was cancelled would never end."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
    async with asyncio.timeout(seconds):
        await asyncio.shield(task)


class _NatsLink:
    def __init__(self, subject: str) -> None:
        self.client = Client()
        self._subject = subject
        self._lost = asyncio.Event()
        self._error: Exception | None = None

    async def connect(self, servers: list[str]) -> None:
        connecting = self.client.connect(
            servers,
            name="bigcat",
            no_echo=True,
            # The bus connects again by itself, and then looks for what it has missed.
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=_CONNECT_SECONDS,
            ping_interval=_PING_SECONDS,
            error_cb=self._fail,
            closed_cb=self._end,
        )
        await _undisturbed(connecting, 2 * _CONNECT_SECONDS)

    async def send(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            await _undisturbed(self.client.publish(self._subject, message), _ANSWER_SECONDS)
        await self.reach_server()

    async def reach_server(self) -> None:
        """Wait until the server has all that was sent: what stays in a buffer has reached nobody.

        The client's PING overtakes what waits to be written. Once the first is answered that has
        been written, and the answer to a second proves that it has arrived.
        """
        for _ in range(2):
            await _undisturbed(self.client.flush(_ANSWER_SECONDS), 2 * _ANSWER_SECONDS)

    async def until_lost(self) -> None:
        await self._lost.wait()
        if self._error is not None:
            raise self._error

    async def _fail(self, error: Exception) -> None:
        # A message dropped on the way to us comes here too, and is as good as a lost connection.
        self._error = error
        if self.client.is_connected:
            self._lost.set()

    async def _end(self) -> None:
        self._lost.set()
