"""Scalars: what they take, what they refuse, and that they write what they read."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.schema.scalars import (
    read_base64,
    read_currency,
    read_date,
    read_date_time,
    read_decimal,
    read_local_time,
    read_url,
    write_base64,
    write_date_time,
)

_READERS = (
    read_base64,
    read_currency,
    read_date,
    read_date_time,
    read_decimal,
    read_local_time,
    read_url,
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(_JSON | st.from_regex(r"[0-9:.+\-TZtz]{1,40}"))
def test_whatever_comes_is_read_or_refused(value: object) -> None:
    for read in _READERS:
        with suppress(ValueError):
            read(value)


@given(
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-6))])).map(
        lambda instant: instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    )
)
def test_an_instant_is_read_as_it_was_written(instant: datetime) -> None:
    if 1 < instant.year < 9999:
        assert read_date_time(write_date_time(instant)) == instant


def test_an_instant_is_written_with_its_offset() -> None:
    local = datetime(2026, 11, 22, 19, 30, tzinfo=timezone(timedelta(hours=-6)))
    assert write_date_time(local) == "2026-11-22T19:30:00-06:00"
    assert write_date_time(datetime(2026, 11, 6, 16, 0, 3, 120_999, tzinfo=UTC)) == (
        "2026-11-06T16:00:03.120Z"
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T19:30:00Z",
        "2026-11-22t19:30:00z",
        "2026-11-22T13:30:00-06:00",
        "2026-11-22T19:30:00.000000000Z",
        "2026-11-22T19:30:00.0+00:00",
    ],
)
def test_one_instant_has_many_spellings(text: str) -> None:
    instant = read_date_time(text)
    assert instant == datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T19:30:00",
        "2026-11-22 19:30:00Z",
        "2026-11-22T19:30Z",
        "2026-11-22",
        "20261122T193000Z",
        "2026-11-22T19:30:00+0600",
        "2026-11-22T19:30:00+25:00",
        "2026-13-22T19:30:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-22T19:30:00Z\n",
        1_763_840_000,
    ],
)
def test_what_is_no_instant_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"instant"):
        read_date_time(text)


def test_dates_and_times_of_day_are_plain() -> None:
    assert read_date("2028-02-29") == date(2028, 2, 29)
    assert read_local_time("19:30") == time(19, 30)
    assert read_local_time("23:59:59") == time(23, 59, 59)


@pytest.mark.parametrize("text", ["2026-02-29", "2026-2-1", "0000-01-01", "2026-W01-1", "today"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date"):
        read_date(text)


@pytest.mark.parametrize("text", ["24:00", "7:30", "19:30:00.5", "19:30Z", "19", "noon"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time of day"):
        read_local_time(text)


@given(st.decimals(min_value=-(10**20), max_value=10**20, places=4))
def test_a_decimal_is_read_exactly(number: Decimal) -> None:
    assert read_decimal(f"{number:f}") == number


@pytest.mark.parametrize(
    "value",
    [1.5, True, "1e5", "NaN", "Infinity", "1_000", " 1", "", ".5", "5.", "1,5", 10**30, None],
)
def test_what_is_no_exact_decimal_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"decimal"):
        read_decimal(value)


def test_whole_numbers_are_decimals_too() -> None:
    assert read_decimal(60) == Decimal(60)


@given(st.binary())
def test_bytes_are_read_as_they_were_written(data: bytes) -> None:
    assert read_base64(write_base64(data)) == data


def test_a_currency_is_one_of_iso_4217() -> None:
    assert read_currency("EUR") == "EUR"
    for wrong in ("eur", "GOLD", "", 978, None):
        with pytest.raises(ValueError, match=r"."):
            read_currency(wrong)


def test_an_offset_of_seconds_is_written_in_whole_minutes() -> None:
    start = datetime(1850, 1, 1, 20, tzinfo=ZoneInfo("America/New_York"))

    assert write_date_time(start) == "1850-01-01T20:00:00-04:56"
