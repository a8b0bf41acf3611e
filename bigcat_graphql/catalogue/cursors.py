"""Cursors: where a row stands in a keyset order, as text that means nothing to a client."""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson
from asyncpg import Record

from bigcat_graphql.catalogue.statements import is_storable
from bigcat_graphql.errors import InvalidArgument

Key = datetime | UUID | int | str

# The longest name in a key has 500 characters, at most 12 letters each in a cursor.
_LONGEST_CURSOR = 8_000
_BIGINT = range(-(2**63), 2**63)


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
class Position:
    """Where a row stands: the number of its segment, and its key there."""

    segment: int
    key: list[Key]


def write_cursor(order: KeysetOrder, segment: int, row: Record) -> str:
    """Write the cursor of a row."""
    key = [_write_key(value) for value in order.segments[segment].key_of(row)]
    text = orjson.dumps([_full_name(order), segment, *key])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _write_key(value: Key) -> str | int:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex if isinstance(value, UUID) else value


def read_cursor(argument: str, cursor: str | None, order: KeysetOrder) -> Position | None:
    """Read a cursor; None is none.

    Raises:
        InvalidArgument: naming the argument; it is not of this order, or was made up.
    """
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
    return Position(segment, key)


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
