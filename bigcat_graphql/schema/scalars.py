"""Scalars, strict about what they take: what is not meant is refused, never guessed."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import NewType

from strawberry import scalar
from strawberry.types.scalar import ScalarDefinition

from bigcat_graphql.money import decimals

CurrencyCode = NewType("CurrencyCode", str)
URL = NewType("URL", str)
Base64 = NewType("Base64", bytes)

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
# No exponent: "1e999999999" is ten letters to read and a billion digits to write.
_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_SECOND_PARTS = re.compile(r"\.([0-9]+)")


def read_date_time(value: object) -> datetime:
    """Read an instant, as UTC.

    Raises:
        ValueError: it is not RFC 3339 with an offset, or no such instant.
    """
    text = _match(value, _DATE_TIME, "an instant with an offset, such as 2026-11-22T19:30:00-06:00")
    # Python keeps microseconds: finer parts are cut off.
    text = _SECOND_PARTS.sub(lambda parts: "." + parts[1][:6].ljust(6, "0"), text.upper())
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such instant") from None


def write_date_time(value: datetime) -> str:
    """Write an instant with the offset it has, to the millisecond.

    Before 1883 offsets had seconds, which RFC 3339 cannot say: they are rounded to the minute,
    and the local time stays what the programme said.
    """
    offset = value.utcoffset()
    if offset is not None and offset.total_seconds() % 60:
        minutes = timedelta(minutes=round(offset.total_seconds() / 60))
        value = value.replace(tzinfo=timezone(minutes))
    precision = "milliseconds" if value.microsecond else "seconds"
    return value.isoformat(timespec=precision).replace("+00:00", "Z")


def read_date(value: object) -> date:
    """Read a date.

    Raises:
        ValueError: it is not `YYYY-MM-DD`, or there is no such day.
    """
    try:
        return date.fromisoformat(_match(value, _DATE, "a date, such as 2026-11-22"))
    except ValueError as error:
        raise ValueError(f"there is no such date: {error}") from None


def read_local_time(value: object) -> time:
    """Read a time of day.

    Raises:
        ValueError: it is not `HH:MM` or `HH:MM:SS`, or there is no such time.
    """
    text = _match(value, _LOCAL_TIME, "a time of day, such as 19:30")
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError("there is no such time of day") from None


def read_decimal(value: object) -> Decimal:
    """Read a number; a string or a whole number, because floats are not exact.

    Raises:
        ValueError: it is neither, or has an exponent or more than 30 digits on a side.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
        return Decimal(value)
    return Decimal(_match(value, _DECIMAL, 'a decimal number in a string, such as "129.50"'))


def read_currency(value: object) -> str:
    """Read a currency.

    Raises:
        ValueError: ISO 4217 has no such currency.
    """
    if not isinstance(value, str):
        raise ValueError("a currency is a string, such as EUR")  # noqa: TRY004 - as GraphQL has it
    decimals(value)
    return value


def read_url(value: object) -> str:
    """Read an absolute URL.

    Raises:
        ValueError: it is none.
    """
    return _match(value, re.compile(r"https?://\S+"), "an absolute URL")


def read_base64(value: object) -> bytes:
    """Read bytes.

    Raises:
        ValueError: it is not standard base64.
    """
    if not isinstance(value, str):
        raise ValueError("base64 is a string")  # noqa: TRY004 - as GraphQL has it
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("this is not standard base64") from None


def write_base64(value: bytes) -> str:
    """Write bytes."""
    return base64.b64encode(value).decode()


def _match(value: object, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"expected {what}")
    return value


def _define(
    name: str,
    description: str,
    read: Callable[[object], object],
    *,
    write: Callable[..., str] = str,
    specified_by_url: str | None = None,
) -> ScalarDefinition:
    return scalar(
        name=name,
        description=description,
        parse_value=read,
        serialize=write,
        specified_by_url=specified_by_url,
    )


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: _define(
        "DateTime",
        "An instant, RFC 3339 with an offset, for example `2026-11-22T19:30:00-06:00`.",
        read_date_time,
        write=write_date_time,
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    ),
    date: _define(
        "Date",
        "A calendar date, `YYYY-MM-DD`, without a zone: the field says whose.",
        read_date,
        specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
    ),
    time: _define(
        "LocalTime",
        "A time of day, `HH:MM` or `HH:MM:SS`, 00:00 to 23:59:59, without a zone:"
        " the field says whose.",
        read_local_time,
    ),
    Decimal: _define(
        "Decimal",
        'An exact decimal number as a string, for example `"129.50"`.',
        read_decimal,
    ),
    CurrencyCode: _define(
        "CurrencyCode", "A currency, ISO 4217, for example `EUR`.", read_currency
    ),
    URL: _define(
        "URL",
        "An absolute URL.",
        read_url,
        specified_by_url="https://url.spec.whatwg.org/",
    ),
    Base64: _define(
        "Base64",
        "Bytes in standard base64; the field says what they mean.",
        read_base64,
        write=write_base64,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc4648#section-4",
    ),
}
