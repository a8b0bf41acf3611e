"""Boards that letters are added to: a shared topic that exists in memory only."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bigcat_graphql.errors import InvalidArgument


@dataclass(frozen=True)
class Frame:
    """What was added after `since`; all there is, when that is not said."""

    since: int | None
    version: int
    text: str


class Board:
    """One text that only grows."""

    def __init__(self, name: str) -> None:
        self.key = ("board", name)
        self.text = ""
        self.holders = 0
        self.opens_slowly = False
        self.fanouts: list[float] = []
        self._watchers: dict[object, tuple[Callable[[Frame], None], Callable[[], None]]] = {}
        self._whole = Frame(None, 0, "")
        self._merged: dict[int, Frame] = {}

    def first(self, since: int | None = None) -> Frame:
        if since is None or not 0 <= since <= len(self.text):
            return self._whole
        return self._merged.setdefault(since, Frame(since, len(self.text), self.text[since:]))

    def attach(
        self, deliver: Callable[[Frame], None], end: Callable[[], None]
    ) -> Callable[[], object]:
        watcher = object()
        self._watchers[watcher] = (deliver, end)
        return lambda: self._watchers.pop(watcher, None)

    def slow_down(self, fanout_seconds: float) -> None:
        self.fanouts.append(fanout_seconds)

    def add(self, text: str = "x") -> None:
        before = len(self.text)
        self.text += text
        self._whole = Frame(None, len(self.text), self.text)
        self._merged.clear()
        for deliver, _ in tuple(self._watchers.values()):
            deliver(self.first(before))

    def end(self) -> None:
        for _, end in tuple(self._watchers.values()):
            end()


class Boards:
    """The boards of the toy schema, by name."""

    found: dict[str, Board] = {}  # noqa: RUF012 - shared by the schema and its tests
    shown = 0
    contexts: list[Any] = []  # noqa: RUF012 - see above


def board(name: str) -> Board:
    return Boards.found.setdefault(name, Board(name))


@asynccontextmanager
async def hold_board(name: str) -> AsyncIterator[Board]:
    if name == "secret":
        raise InvalidArgument("names", "there is no such board")
    one = board(name)
    one.holders += 1
    while one.opens_slowly:
        await asyncio.sleep(0)
    try:
        yield one
    finally:
        one.holders -= 1
