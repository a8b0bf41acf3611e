"""Pages of a list in a keyset order: the next page costs the same however far one has come."""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

import orjson
from asyncpg import Record

from bigcat_graphql.catalogue.statements import Conditions, is_storable
from bigcat_graphql.database import fetch_all, fetch_one
from bigcat_graphql.errors import InvalidArgument

T = TypeVar("T")
U = TypeVar("U")
Key = datetime | UUID | int | str

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
# The longest name in a key has 500 characters, at most 12 letters each in a cursor.
_LONGEST_CURSOR = 8_000
_BIGINT = range(-(2**63), 2**63)


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
class Segment:
    """Rows that are ordered by the same columns, compared as one value; the last one is unique.

    `columns` are those of table `table`, with the Python type of each; none of them is null where
    `condition` holds.
    """

    table: str
    columns: tuple[tuple[str, type[Key]], ...]
    condition: str = "TRUE"

    @property
    def row(self) -> str:
        """Write the columns as one value."""
        return f"({', '.join(self._names())})"

    def order(self, direction: str) -> str:
        """Write what follows ORDER BY."""
        return ", ".join(f"{name} {direction}" for name in self._names())

    def key_of(self, row: Record) -> list[Key]:
        """Give the values that a row is ordered by."""
        return [row[column] for column, _ in self.columns]

    def _names(self) -> Iterator[str]:
        return (f"{self.table}.{column}" for column, _ in self.columns)


@dataclass(frozen=True, slots=True)
class KeysetOrder:
    """A total order; its segments follow each other, each ascending or descending."""

    name: str
    segments: tuple[Segment, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class _Position:
    segment: int
    key: list[Key]


@dataclass(frozen=True, slots=True)
class _Bounds:
    after: _Position | None
    before: _Position | None


async def fetch_page(
    select: str, conditions: Conditions, *, order: KeysetOrder, request: PageRequest
) -> Page[Record]:
    """Fetch a page of `select` (all that precedes WHERE) under conditions.

    Raises:
        InvalidArgument: naming `first`, `last`, `after` or `before`.
    """
    request.check()
    bounds = _Bounds(
        _read_cursor("after", request.after, order), _read_cursor("before", request.before, order)
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
        cursors=[_write_cursor(order, segment, row) for segment, row in found],
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

    async def exists_until(self, position: _Position | None) -> bool:
        """Say whether a row stands at the position or before it; nothing stands before None."""
        return await self._exists(position, "<=", lambda segment, at: segment < at)

    async def exists_from(self, position: _Position | None) -> bool:
        """Say whether a row stands at the position or after it; nothing stands after None."""
        return await self._exists(position, ">=", lambda segment, at: segment > at)

    async def _exists(
        self, position: _Position | None, comparison: str, beyond: Callable[[int, int], bool]
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

    def _compare(self, where: Conditions, position: _Position, comparison: str) -> None:
        if self.order.descending:
            comparison = comparison.translate(str.maketrans("<>", "><"))
        row = self.order.segments[position.segment].row
        values = ", ".join(where.bind(value) for value in position.key)
        where.add(f"{row} {comparison} ({values})")


def _write_cursor(order: KeysetOrder, segment: int, row: Record) -> str:
    key = [_write_key(value) for value in order.segments[segment].key_of(row)]
    text = orjson.dumps([_full_name(order), segment, *key])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _write_key(value: Key) -> str | int:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex if isinstance(value, UUID) else value


def _read_cursor(argument: str, cursor: str | None, order: KeysetOrder) -> _Position | None:
    if cursor is None:
        return None
    try:
        name, number, *values = _unpack(cursor)
        if name != _full_name(order):
            raise InvalidArgument(argument, "is a cursor of another list or order")
        segment = _read_index(number)
        columns = order.segments[segment].columns
        key = [_READERS[kind](value) for (_, kind), value in zip(columns, values, strict=True)]
    except (ValueError, TypeError, IndexError, OverflowError, binascii.Error):
        raise InvalidArgument(argument, "is not a cursor of this list") from None
    return _Position(segment, key)


def _full_name(order: KeysetOrder) -> str:
    return f"{order.name} DESC" if order.descending else order.name


def _unpack(cursor: str) -> Sequence[object]:
    if len(cursor) > _LONGEST_CURSOR:
        raise ValueError(cursor)
    padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
    unpacked = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(unpacked, list):
        raise TypeError(unpacked)
    return unpacked


def _read_index(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value


def _read_instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_read_text(value))
    if instant.utcoffset() is None:
        raise ValueError(value)
    return instant.astimezone(UTC)


def _read_uuid(value: object) -> UUID:
    return UUID(_read_text(value))


def _read_integer(value: object) -> int:
    if type(value) is not int or value not in _BIGINT:
        raise ValueError(value)
    return value


def _read_text(value: object) -> str:
    if not isinstance(value, str) or not is_storable(value):
        raise ValueError(value)
    return value


_READERS: dict[type[Key], Callable[[object], Key]] = {
    datetime: _read_instant,
    UUID: _read_uuid,
    int: _read_integer,
    str: _read_text,
}
