"""The messages between nodes, in JSON: written here, and read with suspicion.

    {"from": "<node>", "changes": [
      {"concert": "<uuid>", "seats": [["R", 1795000000000000, [3, 7, 4, 1]], ["B", null, [9, 2]]]},
      {"concert": "<uuid>", "bookings": [["<uuid>", 2]]},
      {"concert": "<uuid>"},
      {}
    ]}

Seats are grouped by letter and by when their time is over, in microseconds; each is its index and
its row's version. A concert alone says "compare this one", nothing at all "compare everything".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from bigcat_graphql.booking.events import (
    BookingChanged,
    Event,
    SeatChange,
    SeatsChanged,
    SeatsUnknown,
)
from bigcat_graphql.live.bus.outbox import News
from bigcat_graphql.models import SeatStatus

# PostgreSQL takes payloads below 8,000 bytes.
MESSAGE_BYTES = 7_500
# Of what others send, nothing longer is even looked at.
_READ_BYTES = 64 * 1024
_BOOKINGS_PER_CHANGE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INT32 = 2**31 - 1


class NotAMessage(Exception):
    """Somebody sent what no node of ours would."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one node tells the others."""

    events: tuple[Event, ...]
    is_everything: bool


def write_messages(sender: str, news: News, *, most_bytes: int = MESSAGE_BYTES) -> list[bytes]:
    """Write news as few messages; a concert's seats that fill more than one are not told singly."""
    head = _head(sender)
    room = most_bytes - len(head) - len(b"]}")
    messages: list[list[bytes]] = []
    left = 0
    for change in _changes(news, room):
        if len(change) > left:
            messages.append([])
            left = room
        messages[-1].append(change)
        left -= len(change) + len(b",")
    return [head + b",".join(changes) + b"]}" for changes in messages]


def is_from(sender: str, sent: bytes) -> bool:
    """Tell a node's message without reading it: the bus brings it its own ones as well."""
    return sent.startswith(_head(sender))


def read_message(sent: bytes) -> Message:
    """Read a message.

    Raises:
        NotAMessage: it is not one.
    """
    if len(sent) > _READ_BYTES:
        raise NotAMessage(f"it has {len(sent)} bytes")
    try:
        body = orjson.loads(sent)
        if not isinstance(body["from"], str):
            raise NotAMessage("nobody sent it")
        changes = body["changes"]
        events = [event for change in changes if change for event in _read_change(change)]
        return Message(tuple(events), is_everything={} in changes)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise NotAMessage(str(error)) from error


def _head(sender: str) -> bytes:
    return b'{"from":%s,"changes":[' % orjson.dumps(sender)


def _changes(news: News, room: int) -> Iterator[bytes]:
    if news.is_everything:
        yield b"{}"
    for concert_id in news.unknown:
        yield _write(concert_id)
    for concert_id, seats in news.seats.items():
        change = _write(concert_id, seats=_group(seats.values()))
        yield change if len(change) <= room else _write(concert_id)
    for concert_id, bookings in _by_concert(news):
        yield _write(concert_id, bookings=bookings)


def _write(concert_id: UUID, **facts: object) -> bytes:
    # As text: rows bring asyncpg's own kind of UUID, which orjson does not know.
    return orjson.dumps({"concert": str(concert_id), **facts})


def _group(changes: Iterable[SeatChange]) -> list[tuple[str, int | None, list[int]]]:
    groups: dict[tuple[str, int | None], list[int]] = defaultdict(list)
    for change in changes:
        until = change.reserved_until
        microseconds = None if until is None else (until - _EPOCH) // _MICROSECOND
        groups[change.status.value, microseconds] += (change.index, change.version)
    return [(letter, until, pairs) for (letter, until), pairs in groups.items()]


def _by_concert(news: News) -> Iterator[tuple[UUID, list[tuple[str, int]]]]:
    grouped: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for key, version in news.bookings.items():
        grouped[key.concert_id].append((str(key.booking_id), version))
    for concert_id, bookings in grouped.items():
        for start in range(0, len(bookings), _BOOKINGS_PER_CHANGE):
            yield concert_id, bookings[start : start + _BOOKINGS_PER_CHANGE]


def _read_change(change: dict[str, Any]) -> Iterator[Event]:
    concert_id = UUID(change["concert"])
    if "seats" in change:
        seats = [seat for group in change["seats"] for seat in _read_group(*group)]
        yield SeatsChanged(concert_id, tuple(seats))
    elif "bookings" in change:
        for booking_id, version in change["bookings"]:
            yield BookingChanged(concert_id, UUID(booking_id), _read_int(version))
    else:
        yield SeatsUnknown(concert_id)


def _read_group(letter: str, microseconds: int | None, pairs: list[int]) -> Iterator[SeatChange]:
    status = SeatStatus(letter)
    until = None if microseconds is None else _EPOCH + microseconds * _MICROSECOND
    for index, version in zip(pairs[::2], pairs[1::2], strict=True):
        yield SeatChange(_read_int(index), status, _read_int(version), until)


def _read_int(value: object) -> int:
    # What our arrays and PostgreSQL's integers can hold.
    if not isinstance(value, int) or not 0 <= value <= _INT32:
        raise ValueError(f"{value!r} is no index or version")
    return value
