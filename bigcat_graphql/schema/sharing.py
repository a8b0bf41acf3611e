"""Subscriptions that look the same to everybody: the server executes each event once for all."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, Generic, TypeVar

from bigcat_graphql.live import Source, follow

S_co = TypeVar("S_co", covariant=True)


class Shared(AsyncIterable[S_co], Generic[S_co]):
    """What a shared subscription's resolver returns: its topics, and how to show their frames.

    Nothing below such a field may depend on who asks: events are executed for nobody in
    particular, and whoever selects the same is sent the same bytes. To iterate is to be the only
    watcher, as in a test or an embedded schema.
    """

    def __init__(
        self,
        sources: Sequence[Source[Any]],
        show: Callable[[Any], S_co],
        *,
        since: object | None = None,
    ) -> None:
        self.sources = sources
        self.show = show
        self.since = since

    def __aiter__(self) -> AsyncIterator[S_co]:
        return self._watch()

    async def _watch(self) -> AsyncGenerator[S_co, None]:
        async with AsyncExitStack() as stack:
            topics = [await stack.enter_async_context(source.hold()) for source in self.sources]
            frames = await stack.enter_async_context(aclosing(follow(*topics, since=self.since)))
            async for frame in frames:
                yield self.show(frame)
