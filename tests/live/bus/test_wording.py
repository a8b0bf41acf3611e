"""What nodes write to each other, and what they make of what others write."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from asyncpg.pgproto.pgproto import UUID as PostgresUUID  # noqa: N811 - the other one is stdlib's
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import (
    BookingChanged,
    Event,
    SeatChange,
    SeatsChanged,
    SeatsUnknown,
)
from bigcat_graphql.ids import new_id
from bigcat_graphql.live.bus.outbox import Outbox
from bigcat_graphql.live.bus.wording import (
    MESSAGE_BYTES,
    NotAMessage,
    is_from,
    read_message,
    write_messages,
)
from bigcat_graphql.models import SeatStatus
from tests.live.bus.news import booked, reserved, seats

CONCERT = UUID(int=7)
MICROSECONDS = st.integers(0, 4 * 10**15)
TIMES = MICROSECONDS.map(lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n))
NUMBERS = st.integers(0, 2**31 - 1)
CHANGES = st.builds(SeatChange, NUMBERS, st.sampled_from(SeatStatus), NUMBERS, st.none() | TIMES)
EVENTS = st.one_of(
    st.builds(SeatsChanged, st.uuids(), st.lists(CHANGES, min_size=1, max_size=40).map(tuple)),
    st.builds(BookingChanged, st.uuids(), st.uuids(), st.integers(2, 2**31 - 1)),
    st.builds(SeatsUnknown, st.uuids()),
)


def send(*events: Event) -> tuple[list[bytes], Outbox]:
    outbox, heard = Outbox(), Outbox()
    for event in events:
        outbox.put(event)
    messages = write_messages("n1", outbox.take())
    for message in messages:
        read = read_message(message)
        assert is_from("n1", message)
        assert not is_from("n2", message)
        for event in read.events:
            heard.put(event)
    return messages, heard


@given(st.lists(EVENTS, max_size=20))
def test_what_is_written_is_read_again(events: list[Event]) -> None:
    said = Outbox()
    for event in events:
        said.put(event)
    messages, heard = send(*events)
    assert heard.take() == said.take()
    assert all(len(message) <= MESSAGE_BYTES for message in messages)


def test_ids_of_rows_are_written_too() -> None:
    row_id = PostgresUUID(CONCERT.hex)
    _, heard = send(seats(row_id, booked(1)), BookingChanged(row_id, row_id, 2))
    news = heard.take()
    assert set(news.seats) == {CONCERT}
    assert set(news.bookings) == {BookingKey(CONCERT, CONCERT)}


def test_a_batch_of_bookings_is_a_small_message() -> None:
    batch = seats(CONCERT, *[reserved(index, 3) for index in range(100, 300)])
    messages, _ = send(batch)
    assert len(messages) == 1
    assert len(messages[0]) < 2_000


def test_a_concerts_seats_that_fill_a_message_become_one_comparison() -> None:
    messages, heard = send(seats(CONCERT, *[booked(20_000 + i, 1_000) for i in range(900)]))
    assert len(messages) == 1
    assert heard.take().unknown == {CONCERT}


def test_many_concerts_fill_several_messages() -> None:
    ids = [new_id() for _ in range(300)]
    messages, heard = send(*[seats(concert_id, booked(1)) for concert_id in ids])
    assert len(messages) > 1
    assert set(heard.take().seats) == set(ids)


def test_many_bookings_of_a_concert_are_all_told() -> None:
    messages, heard = send(*[BookingChanged(CONCERT, new_id(), 2) for _ in range(1_000)])
    assert len(messages) > 1
    assert len(heard.take().bookings) == 1_000


def test_everything_is_one_word() -> None:
    outbox = Outbox()
    outbox.put_everything()
    [message] = write_messages("n1", outbox.take())
    assert message == b'{"from":"n1","changes":[{}]}'
    assert read_message(message).is_everything


GARBAGE = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b'"changes"',
    b'{"from":"x"}',
    b'{"changes":[]}',
    b'{"from":7,"changes":[]}',
    b'{"from":"x","changes":7}',
    b'{"from":"x","changes":[7]}',
    b'{"from":"x","changes":[{"seats":[]}]}',
    b'{"from":"x","changes":[{"concert":"not-a-uuid"}]}',
    b'{"from":"x","changes":[{"concert":7}]}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("sent", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused(sent: bytes) -> None:
    with pytest.raises(NotAMessage):
        read_message(sent)


@pytest.mark.parametrize(
    "seats",
    [
        7,
        [7],
        [["Z", None, [1, 2]]],
        [["B", None, [1, 2, 3]]],
        [["B", None, [1, -2]]],
        [["B", None, [1, 2**31]]],
        [["B", None, [1, 2.5]]],
        [["B", None, ["1", "2"]]],
        [["B", None, None]],
        [["R", "soon", [1, 2]]],
        [["R", 10**18, [1, 2]]],
        [["R", 10**30, [1, 2]]],
        [["R", None, [1, 2], "more"]],
        [["R"]],
    ],
)
def test_seats_that_cannot_be_are_refused(seats: object) -> None:
    body = {"from": "x", "changes": [{"concert": CONCERT, "seats": seats}]}
    with pytest.raises(NotAMessage):
        read_message(json.dumps(body, default=str).encode())


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_noise_breaks_the_reader(sent: bytes) -> None:
    with pytest.raises(NotAMessage):
        read_message(sent)
