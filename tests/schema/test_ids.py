"""Global ids: read back as written, and nothing else is one."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.schema.ids import (
    id_of_concert,
    own_id,
    read_id,
    read_key,
    seat_of_concert,
    write_id,
)

_CONCERT = UUID(int=42)


@given(st.uuids(), st.uuids(), st.integers(0, 9_999_999))
def test_an_id_is_read_as_it_was_written(concert: UUID, own: UUID, index: int) -> None:
    assert own_id(read_key(write_id("Concert", concert), "Concert")) == concert
    assert id_of_concert(read_key(write_id("Booking", concert, own), "Booking")) == (concert, own)
    assert seat_of_concert(read_key(write_id("Seat", concert, index), "Seat")) == (concert, index)


def test_an_id_of_one_type_is_none_of_another() -> None:
    assert read_key(write_id("Concert", _CONCERT), "Venue") is None
    assert own_id(read_key(write_id("Booking", _CONCERT, uuid4()), "Booking")) is None
    assert id_of_concert(read_key(write_id("Booking", _CONCERT, 7), "Booking")) is None


@given(st.text() | st.text(alphabet="ABCabc012-_=+/", max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read = read_id(text)
    key = read[1] if read else None
    for read_parts in (own_id, id_of_concert, seat_of_concert):
        read_parts(key)


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "42",
        str(_CONCERT),
        _CONCERT.hex.upper().replace("0", "A"),
        f"{_CONCERT.hex}\n",
        f"{_CONCERT.hex} ",
        "\uff10" * 32,
    ],
)
def test_another_spelling_is_not_an_id(key: str) -> None:
    assert own_id(read_key(_encode(f"Concert:{key}"), "Concert")) is None


def test_one_object_has_one_id() -> None:
    written = write_id("Concert", _CONCERT)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for spelling in (f"{written}=", f"{written}\n", f" {written}"):
        assert read_id(spelling) is None
    same = [letter for letter in last if read_id(written[:-1] + letter) == read_id(written)]
    assert same == [written[-1]]


@pytest.mark.parametrize("index", ["01", "-1", "10000000", "1.0", "", "٣"])
def test_another_spelling_of_a_seat_is_not_an_id(index: str) -> None:
    key = read_key(_encode(f"Seat:{_CONCERT.hex}.{index}"), "Seat")
    assert seat_of_concert(key) is None
