"""The way to the other nodes, as the bus needs it: PostgreSQL's, NATS', or a test's."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

Hear = Callable[[bytes], None]


class Link(Protocol):
    """One connection; it may lose, repeat and reorder messages."""

    async def send(self, messages: Sequence[bytes]) -> None:
        """Hand messages over; whatever it raises, the link is given up."""

    async def until_lost(self) -> None:
        """Return, or raise, once the connection is no more."""


class Connect(Protocol):
    """Opens a link; from then on `hear` is called with each message of any node."""

    def __call__(self, hear: Hear) -> AbstractAsyncContextManager[Link]:
        """Connect, or raise whatever the other side says."""
