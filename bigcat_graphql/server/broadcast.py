"""Shared subscriptions: whoever selects the same of a topic becomes a member of one group."""

import asyncio
from collections.abc import Hashable
from functools import partial
from typing import Any

from bigcat_graphql.live import Source
from bigcat_graphql.schema.sharing import Shared
from bigcat_graphql.server.group import EVENT_SECONDS, Execution, Group, Member, Receiver
from bigcat_graphql.server.masking import Answer


class Attendance:
    """One operation's places in the groups of its topics."""

    __slots__ = ("_open", "_places", "_receiver")

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._places: list[tuple[Group, Member]] = []
        self._open = 0

    def enter(self, group: Group) -> None:
        """Take a place, so that the group does not end before it has begun."""
        member = Member(self._receiver, self.end)
        group.enter(member)
        self._places.append((group, member))
        self._open += 1

    async def begin(self, since: object | None) -> None:
        """Have the states sent, and from then on each frame."""
        for group, member in self._places:
            await group.admit(member, since)

    def catch_up(self) -> None:
        """Have the whole state sent wherever frames were skipped."""
        for group, member in self._places:
            group.catch_up(member)

    def end(self, failure: Answer | None) -> None:
        """Hear that a topic is over; the operation is with the last, or when something broke."""
        self._open -= 1
        if failure is not None or not self._open:
            self._receiver.end(failure)

    def leave(self) -> None:
        """Give all places back; what is being sent to others goes on."""
        places, self._places = self._places, []
        for group, member in places:
            group.leave(member)


class Broadcaster:
    """The groups of this process."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, Group] = {}

    def __len__(self) -> int:
        return len(self._groups)

    async def join(
        self, shared: Shared[Any], selection: Hashable, execution: Execution, receiver: Receiver
    ) -> Attendance:
        """Send a receiver the state of each topic, and from then on each frame.

        Raises whatever opening a topic raises; TimeoutError when that takes 15 s.
        """
        attendance = Attendance(receiver)
        try:
            async with asyncio.timeout(EVENT_SECONDS):
                for source in shared.sources:
                    attendance.enter(self._find(source, selection, execution))
                await attendance.begin(shared.since)
        except BaseException:
            attendance.leave()
            raise
        return attendance

    def _find(self, source: Source[Any], selection: Hashable, execution: Execution) -> Group:
        key = (source.key, selection)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(source, execution, partial(self._forget, key))
        return group

    def _forget(self, key: Hashable) -> None:
        del self._groups[key]
