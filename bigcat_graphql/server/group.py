"""All who watch one topic by one selection: each frame is executed and encoded once for them."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol

from graphql import ExecutionResult, Executor, execute_subscription_event

from bigcat_graphql.live import Source, Topic
from bigcat_graphql.server.encoding import encode
from bigcat_graphql.server.masking import Answer, show_failure, show_result

EVENT_SECONDS = 15.0
# A write costs 10 us with its share of the kernel: requests wait for 1 ms at most.
_TOGETHER = 100
# States and merged deltas of one version, encoded for newcomers; a state may have 100 kB.
_KEPT_PAYLOADS = 32
# More frames than this wait only where sending cannot keep up: then one state is sent to all.
_MOST_WAITING = 20
# What a member has before its first frame, and once it has left.
_NOTHING, _GONE = -1, -2


class Receiver(Protocol):
    """Who is sent the events of one operation; nothing here may block."""

    def take(self, payload: bytes) -> bool:
        """Write one encoded answer; False says that there is no room: it is not kept."""

    def end(self, failure: Answer | None) -> None:
        """Hear that nothing more comes, and why if something broke."""


class Member:
    """A receiver's place in one group: the number of the frame it had last."""

    __slots__ = ("frame", "on_end", "receiver")

    def __init__(self, receiver: Receiver, on_end: Callable[[Answer | None], None]) -> None:
        self.receiver = receiver
        self.on_end = on_end
        self.frame = _NOTHING


class Execution:
    """How one selection is executed, for nobody in particular."""

    def __init__(
        self,
        executor: Executor[Any],
        make_context: Callable[[], object],
        show: Callable[[Any], object],
    ) -> None:
        self._executor = executor
        self._make_context = make_context
        self._show = show

    async def encode(self, frame: object) -> bytes:
        """Execute one frame."""
        event = self._executor.build_per_event_executor(self._show(frame))
        event.context_value = self._make_context()
        result = execute_subscription_event(event)
        if not isinstance(result, ExecutionResult):
            async with asyncio.timeout(EVENT_SECONDS):
                result = await result
        return encode(show_result(result))


class Group:
    """All who watch one topic by one selection.

    Its frames are counted: a member whose last frame is the one before gets the next; any other
    was too slow, and is sent the whole state when there is room again. So nobody has a queue.
    """

    def __init__(
        self, source: Source[Any], execution: Execution, forget: Callable[[], None]
    ) -> None:
        self._source = source
        self._execution = execution
        self._forget = forget
        self._is_over = False
        self._holders = 0
        self._members: dict[Member, None] = {}
        self._payloads: dict[int, tuple[object, bytes]] = {}
        self._frames: deque[tuple[int, object]] = deque()
        self._drained: deque[Member] = deque()
        self._delivered = self._told = 0
        self._news = asyncio.Event()
        self._topic: asyncio.Future[Topic[Any]] = asyncio.get_running_loop().create_future()
        # A context of its own: it must not inherit what belongs to whoever came first.
        self._task = asyncio.create_task(self._live(), context=Context())

    def enter(self, member: Member) -> None:
        """Stay open for a member, which `leave` ends."""
        member.frame = _NOTHING
        self._holders += 1

    async def admit(self, member: Member, since: object | None) -> None:
        """Send a newcomer the state, or what is new `since`, and from then on each frame."""
        # One that leaves while the topic opens must not take it away from the others.
        topic = await asyncio.shield(self._topic)
        await self._bring_up(member, topic, since)
        if self._is_over:
            member.on_end(None)
        else:
            self._members[member] = None

    def catch_up(self, member: Member) -> None:
        """Send a member the whole state if it has missed a frame."""
        if member.frame < self._told:
            self._drained.append(member)
            self._news.set()

    def leave(self, member: Member) -> None:
        """Forget a member; the last one to leave ends the group."""
        self._members.pop(member, None)
        member.frame = _GONE
        self._holders -= 1
        if not self._holders:
            self._close()
            self._task.cancel()

    async def _live(self) -> None:
        failure: Answer | None = None
        try:
            async with self._source.hold() as topic:
                detach = topic.attach(self._deliver, self._end)
                try:
                    self._topic.set_result(topic)
                    await self._tell_everything(topic)
                finally:
                    detach()
        except Exception as error:  # noqa: BLE001 - those who watch are told, whatever it is
            if self._topic.done():
                failure = show_failure(error)
            else:
                self._topic.set_exception(error)
                self._topic.exception()  # not unheard of, though all may have left
        finally:
            self._close()
            self._topic.cancel()
            for member in tuple(self._members):
                member.on_end(failure)

    async def _tell_everything(self, topic: Topic[Any]) -> None:
        while self._frames or self._drained or not self._is_over:
            if self._drained:
                await self._bring_up(self._drained.popleft(), topic)
            elif len(self._frames) > _MOST_WAITING:
                self._frames.clear()
                await self._tell(self._delivered, topic.first(), after=_NOTHING)
            elif self._frames:
                number, frame = self._frames.popleft()
                topic.slow_down(await self._tell(number, frame, after=number - 1))
            else:
                self._news.clear()
                await self._news.wait()

    async def _tell(self, number: int, frame: object, *, after: int) -> float:
        """Send a frame to all who have one from `after` on; gives the seconds that took."""
        begun_at = asyncio.get_running_loop().time()
        payload = await self._encode(frame)
        # Who comes from here on has this frame already.
        self._told = number
        members = list(self._members)
        for start in range(0, len(members), _TOGETHER):
            for member in members[start : start + _TOGETHER]:
                if after <= member.frame < number and member.receiver.take(payload):
                    member.frame = number
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time() - begun_at

    async def _bring_up(
        self, member: Member, topic: Topic[Any], since: object | None = None
    ) -> None:
        """Send the state, or what is new `since`; the next frame to come continues it."""
        while True:
            number, state = self._delivered, topic.first(since)
            payload = await self._encode(state)
            if self._told <= number:
                break
            since = None  # others are ahead by now: the state that they have
        if member.frame != _GONE and member.receiver.take(payload):
            member.frame = number

    async def _encode(self, frame: object) -> bytes:
        known = self._payloads.get(id(frame))
        if known is not None:
            return known[1]
        payload = await self._execution.encode(frame)
        if len(self._payloads) >= _KEPT_PAYLOADS:
            self._payloads.clear()
        # The frame is kept with it, or another could get its id.
        self._payloads[id(frame)] = (frame, payload)
        return payload

    def _deliver(self, frame: object) -> None:
        self._delivered += 1
        self._frames.append((self._delivered, frame))
        self._payloads.clear()
        self._news.set()

    def _end(self) -> None:
        self._close()
        self._news.set()

    def _close(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._forget()
