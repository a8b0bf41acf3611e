"""The change bus: tells the other nodes what changed here, and hears what changed there."""

import asyncio
import random
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, Protocol

import structlog

from bigcat_graphql.booking.events import Event
from bigcat_graphql.live.bus.link import Connect, Link
from bigcat_graphql.live.bus.outbox import Outbox
from bigcat_graphql.live.bus.wording import NotAMessage, is_from, read_message, write_messages

_log = structlog.get_logger(__name__)

# At most 13 messages a second from each node, whatever the rush; a lone change goes at once.
WINDOW_SECONDS = 0.075
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_LAST_WORDS_SECONDS = 1.0


class ChangeBus(Protocol):
    """What a node needs of the others; losing it costs time, never correctness."""

    @property
    def is_away(self) -> bool:
        """Whether the others cannot be reached now."""

    def start(self, receive: Callable[[Event], None], on_gap: Callable[[], None]) -> None:
        """Begin; `on_gap` is called whenever something may have been missed."""

    def publish(self, event: Event) -> None:
        """Have the others told soon; never blocks."""

    async def stop(self) -> None:
        """Tell what is left, and end; stopping twice is harmless."""


class NobodyElse:
    """The bus of a node that is alone: BIGCAT_BUS=memory."""

    is_away = False

    def start(self, receive: Callable[[Event], None], on_gap: Callable[[], None]) -> None:
        """Hear nobody."""

    def publish(self, event: Event) -> None:
        """Tell nobody."""

    async def stop(self) -> None:
        """There is nothing to end."""


class Bus:
    """A bus over links that break: it connects again for ever."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._name = secrets.token_hex(8)
        self._outbox = Outbox()
        self._news = asyncio.Event()
        self._link: Link | None = None
        self._running: asyncio.Task[NoReturn] | None = None
        self._garbage_count = 0
        self.is_away = False

    def start(self, receive: Callable[[Event], None], on_gap: Callable[[], None]) -> None:
        """Begin to connect."""
        self._receive, self._on_gap = receive, on_gap
        self._running = asyncio.create_task(self._run(), name="bigcat-bus")

    def publish(self, event: Event) -> None:
        """Add it to what goes out next."""
        self._outbox.put(event)
        self._news.set()

    async def stop(self) -> None:
        """Send what is left, and disconnect."""
        running, self._running = self._running, None
        if running is None:
            return
        with suppress(Exception):  # the others find out by comparing
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._send()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def _run(self) -> NoReturn:
        pause_seconds = _FIRST_PAUSE_SECONDS
        loop = asyncio.get_running_loop()
        while True:
            began_at = loop.time()
            try:
                async with self._connect(self._hear) as link:
                    self._come_back(link)
                    await self._use(link)
                reason = "the connection ended"
            except Exception as error:  # noqa: BLE001 - whatever it is, the next may work
                reason = str(error) or type(error).__name__
            finally:
                self._link = None
            if loop.time() - began_at > _LONGEST_PAUSE_SECONDS:
                pause_seconds = _FIRST_PAUSE_SECONDS
            self._note_loss(reason)
            # Nodes that lost it together must not come back together.
            await asyncio.sleep(pause_seconds * random.uniform(0.5, 1))  # noqa: S311 - no secret
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)

    async def _use(self, link: Link) -> None:
        sending = asyncio.create_task(self._send_for_ever())
        losing = asyncio.create_task(link.until_lost())
        try:
            await asyncio.wait({sending, losing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            losing.cancel()
            outcomes = await asyncio.gather(sending, losing, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    async def _send_for_ever(self) -> NoReturn:
        while True:
            await self._news.wait()
            await self._send()
            await asyncio.sleep(WINDOW_SECONDS)

    async def _send(self) -> None:
        self._news.clear()
        if self._link is None or not self._outbox:
            return
        try:
            await self._link.send(write_messages(self._name, self._outbox.take()))
        except BaseException:
            # Whether they heard it is unknown: let them look.
            self._outbox.put_everything()
            self._news.set()
            raise

    def _hear(self, sent: bytes) -> None:
        if is_from(self._name, sent):
            return
        try:
            message = read_message(sent)
        except NotAMessage as error:
            self._note_garbage(error)
            return
        for event in message.events:
            self._receive(event)
        if message.is_everything:
            self._on_gap()

    def _come_back(self, link: Link) -> None:
        self._link = link
        if self.is_away:
            _log.info("bus_works_again")
        self.is_away = False
        # Now that nothing is missed any more, look at what was.
        self._on_gap()

    def _note_loss(self, reason: str) -> None:
        if not self.is_away:
            _log.warning("bus_away", reason=reason)
        self.is_away = True

    def _note_garbage(self, error: NotAMessage) -> None:
        self._garbage_count += 1
        # The first, second, fourth, … only: whoever sends it must not fill the disk as well.
        if self._garbage_count & (self._garbage_count - 1) == 0:
            _log.warning("bus_garbage", count=self._garbage_count, reason=str(error)[:200])
