"""Encoded answers on their way to one reader that takes them one by one, such as an SSE stream."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable

from bigcat_graphql.server.broadcast import Attendance
from bigcat_graphql.server.masking import Answer
from bigcat_graphql.server.subscriptions import StreamFailed

# As much as a socket's transport keeps before it counts as slow; the bytes are shared.
_MOST_BYTES = 64 * 1024


async def read_shared(
    join: Callable[["Backlog"], Awaitable[Attendance]],
) -> AsyncGenerator[bytes, None]:
    """Join groups, and give what they send until they end.

    Raises:
        StreamFailed: something broke.
    """
    backlog = Backlog()
    attendance = await join(backlog)
    try:
        while (payload := await backlog.next()) is not None:
            yield payload
            if backlog.is_read():
                attendance.catch_up()
    finally:
        attendance.leave()
    if backlog.failure is not None:
        raise StreamFailed(backlog.failure["errors"])


class Backlog:
    """Takes payloads up to 64 kB; what comes then is left out, and the whole state follows."""

    def __init__(self) -> None:
        self.failure: Answer | None = None
        self._is_over = False
        self._payloads: deque[bytes] = deque()
        self._bytes = 0
        self._skipped = False
        self._news = asyncio.Event()

    def take(self, payload: bytes) -> bool:
        """Keep a payload, if there is room."""
        self._skipped = self._skipped or self._bytes >= _MOST_BYTES
        if self._skipped:
            return False
        self._payloads.append(payload)
        self._bytes += len(payload)
        self._news.set()
        return True

    def end(self, failure: Answer | None) -> None:
        """Let the reader come to its end."""
        self.failure = failure
        self._is_over = True
        self._news.set()

    def is_read(self) -> bool:
        """Say, once, that all is read and something was left out."""
        is_due = self._skipped and not self._payloads
        if is_due:
            self._skipped = False
        return is_due

    async def next(self) -> bytes | None:
        """Wait for a payload; None when there will be none."""
        while not self._payloads:
            if self._is_over:
                return None
            self._news.clear()
            await self._news.wait()
        payload = self._payloads.popleft()
        self._bytes -= len(payload)
        return payload
