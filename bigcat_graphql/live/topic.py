"""Topics: what looks the same to everybody who watches it, and is told to all of them at once."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

F = TypeVar("F")
F_co = TypeVar("F_co", covariant=True)

# Who has left so many frames lying goes on from the whole state: nobody gets a longer queue.
_MOST_BEHIND = 20


class Topic(Protocol[F_co]):
    """Something that looks the same to everybody; called on the event loop only."""

    @property
    def key(self) -> Hashable:
        """What tells it from all other topics, for example `("seats", concert_id)`."""

    def first(self, since: Any = None) -> F_co:  # noqa: ANN401 - each topic has its own
        """Give a newcomer the state as of the last frame that was delivered, kept ready.

        With `since`, what the newcomer has, it may be all that is new after that in one frame. The
        next frame delivered continues either; changes not delivered yet come with that.
        """

    def attach(
        self, deliver: Callable[[F_co], None], end: Callable[[], None]
    ) -> Callable[[], object]:
        """Have `deliver` called with each new frame, in order, and `end` when there are no more.

        Both must not block. The function that comes back detaches; calling it twice is harmless.
        """

    def slow_down(self, fanout_seconds: float) -> None:
        """Hear how long a frame took to reach everybody, to send the next ones less often."""


@dataclass(frozen=True, slots=True)
class Source(Generic[F_co]):
    """A topic that need not be open yet; `hold` opens it, or refuses by a domain error."""

    key: Hashable
    hold: Callable[[], AbstractAsyncContextManager[Topic[F_co]]]


async def follow(
    *topics: Topic[F],
    since: Any = None,  # noqa: ANN401 - see Topic.first
) -> AsyncGenerator[F, None]:
    """Give one watcher of this process each topic's state, then every frame until all have ended.

    Who reads too slowly is given a topic's whole state instead of what was missed.
    """
    news = asyncio.Event()
    readers = [_Reader(topic, news) for topic in topics]
    try:
        for state in [topic.first(since) for topic in topics]:
            yield state
        while not all(reader.is_over for reader in readers):
            await news.wait()
            news.clear()
            for reader in readers:
                while (frame := reader.take()) is not None:
                    yield frame
    finally:
        for reader in readers:
            reader.detach()


class _Reader(Generic[F]):
    """The frames of one topic that one watcher has not taken yet."""

    def __init__(self, topic: Topic[F], news: asyncio.Event) -> None:
        self.is_over = False
        self._topic = topic
        self._news = news
        self._frames: deque[F] = deque()
        self._is_behind = False
        self.detach = topic.attach(self._deliver, self._end)

    def take(self) -> F | None:
        """Take what is next; None while there is nothing."""
        if self._is_behind:
            self._is_behind = False
            return self._topic.first()
        return self._frames.popleft() if self._frames else None

    def _deliver(self, frame: F) -> None:
        if self._is_behind or len(self._frames) >= _MOST_BEHIND:
            self._frames.clear()
            self._is_behind = True
        else:
            self._frames.append(frame)
        self._news.set()

    def _end(self) -> None:
        self.is_over = True
        self._news.set()
