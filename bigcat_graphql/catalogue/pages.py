"""Pages of a list in a keyset order: the next page costs the same however far one has come."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from asyncpg import Record

from bigcat_graphql.catalogue.cursors import (
    KeysetOrder,
    Position,
    Segment,
    read_cursor,
    write_cursor,
)
from bigcat_graphql.catalogue.statements import Conditions
from bigcat_graphql.database import fetch_all, fetch_one
from bigcat_graphql.errors import InvalidArgument

__all__ = ["KeysetOrder", "Page", "PageRequest", "Segment", "fetch_page"]

T = TypeVar("T")
U = TypeVar("U")

DEFAULT_SIZE = 20
LARGEST_SIZE = 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list, as Relay's arguments say it."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def size(self) -> int:
        """How many items at most."""
        return self.first or self.last or DEFAULT_SIZE

    def check(self) -> None:
        """Refuse sizes that are not served.

        Raises:
            InvalidArgument: naming `first` or `last`.
        """
        for argument, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= LARGEST_SIZE:
                raise InvalidArgument(argument, f"must be 1 to {LARGEST_SIZE}")
        if self.first is not None and self.last is not None:
            raise InvalidArgument("last", "cannot be given together with `first`")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list, in the list's order whichever way it was read; each item has a cursor."""

    items: list[T]
    cursors: list[str]
    has_next: bool
    has_previous: bool

    def map(self, change: Callable[[T], U]) -> "Page[U]":
        """Make the same page of other items."""
        items = [change(item) for item in self.items]
        return Page(items, self.cursors, self.has_next, self.has_previous)


@dataclass(frozen=True, slots=True)
class _Bounds:
    after: Position | None
    before: Position | None


async def fetch_page(
    select: str, conditions: Conditions, *, order: KeysetOrder, request: PageRequest
) -> Page[Record]:
    """Fetch a page of `select` (all that precedes WHERE) under conditions.

    Raises:
        InvalidArgument: naming `first`, `last`, `after` or `before`.
    """
    request.check()
    bounds = _Bounds(
        read_cursor("after", request.after, order), read_cursor("before", request.before, order)
    )
    backward = request.last is not None
    scan = _Scan(select, conditions, order)

    # One more than asked for tells whether there are more.
    found = await scan.fetch(bounds, request.size + 1, backward=backward)
    more, found = len(found) > request.size, found[: request.size]
    if backward:
        found.reverse()
    has_next = await scan.exists_from(bounds.before) if backward or not more else True
    has_previous = await scan.exists_until(bounds.after) if not backward or not more else True
    return Page(
        items=[row for _, row in found],
        cursors=[write_cursor(order, segment, row) for segment, row in found],
        has_next=has_next,
        has_previous=has_previous,
    )


@dataclass(frozen=True, slots=True)
class _Scan:
    select: str
    conditions: Conditions
    order: KeysetOrder

    async def fetch(
        self, bounds: _Bounds, size: int, *, backward: bool
    ) -> list[tuple[int, Record]]:
        """Read rows between the bounds, from the start or backward from the end."""
        found: list[tuple[int, Record]] = []
        numbers = range(len(self.order.segments))
        for number in reversed(numbers) if backward else numbers:
            where = self.within(number, bounds)
            if where is None or len(found) == size:
                continue
            sql = self.statement(number, where, size - len(found), backward=backward)
            found += [(number, row) for row in await fetch_all(sql, *where.args)]
        return found

    def statement(self, number: int, where: Conditions, size: int, *, backward: bool) -> str:
        """Write the SELECT of a segment."""
        direction = "DESC" if self.order.descending != backward else "ASC"
        ordered = self.order.segments[number].order(direction)
        return f"{self.select} WHERE {where} ORDER BY {ordered} LIMIT {size}"

    async def exists_until(self, position: Position | None) -> bool:
        """Say whether a row stands at the position or before it; nothing stands before None."""
        return await self._exists(position, "<=", lambda segment, at: segment < at)

    async def exists_from(self, position: Position | None) -> bool:
        """Say whether a row stands at the position or after it; nothing stands after None."""
        return await self._exists(position, ">=", lambda segment, at: segment > at)

    async def _exists(
        self, position: Position | None, comparison: str, beyond: Callable[[int, int], bool]
    ) -> bool:
        if position is None:
            return False
        for number, segment in enumerate(self.order.segments):
            where = self.conditions.copy()
            where.add(segment.condition)
            if number == position.segment:
                self._compare(where, position, comparison)
            elif not beyond(number, position.segment):
                continue
            if await fetch_one(f"{self.select} WHERE {where} LIMIT 1", *where.args) is not None:
                return True
        return False

    def within(self, number: int, bounds: _Bounds) -> Conditions | None:
        """Add what the bounds demand of a segment; None when all of it lies outside."""
        after, before = bounds.after, bounds.before
        if (after and number < after.segment) or (before and number > before.segment):
            return None
        where = self.conditions.copy()
        where.add(self.order.segments[number].condition)
        if after and number == after.segment:
            self._compare(where, after, ">")
        if before and number == before.segment:
            self._compare(where, before, "<")
        return where

    def _compare(self, where: Conditions, position: Position, comparison: str) -> None:
        if self.order.descending:
            comparison = comparison.translate(str.maketrans("<>", "><"))
        row = self.order.segments[position.segment].row
        values = ", ".join(where.bind(value) for value in position.key)
        where.add(f"{row} {comparison} ({values})")
