"""People who watch: each reads its stream in a task, as a socket would."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress

from bigcat_graphql.live import Frame, Node, SeatVersion
from bigcat_graphql.models import Concert
from tests.live.client import SeatMapClient

# Not a speed check: what has not come by then will never come.
PATIENCE_SECONDS = 20


class Viewer(SeatMapClient):
    """A client with its connection."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.gaps = 0
        self.is_over = False
        self._moved = asyncio.Event()

    async def watch(self, node: Node, concert: Concert, since: SeatVersion | None) -> None:
        async with aclosing(node.watch_seats(concert.id, since)) as frames:
            async for frame in frames:
                self.frames.append(frame)
                self.gaps += not self.take(frame)
                self._moved.set()
        self.is_over = True
        self._moved.set()

    async def until(self, happened: Callable[["Viewer"], object]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened(self):
                self._moved.clear()
                await self._moved.wait()

    async def sees(self, letters: str) -> None:
        await self.until(lambda viewer: "".join(viewer.letters) == letters)


@asynccontextmanager
async def watching(
    node: Node, concert: Concert, since: SeatVersion | None = None, *, letters: str | None = None
) -> AsyncIterator[Viewer]:
    """Watch a concert, from its first frame on."""
    viewer = Viewer()
    viewer.letters = list(letters or "")
    viewer.have = since
    task = asyncio.create_task(viewer.watch(node, concert, since))
    try:
        await viewer.until(lambda viewer: viewer.frames or task.done())
        yield viewer
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def crowd(node: Node, concert: Concert, size: int) -> AsyncIterator[list[Viewer]]:
    """Watch a concert with many."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(watching(node, concert)) for _ in range(size)]
