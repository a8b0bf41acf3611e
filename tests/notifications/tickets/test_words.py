"""Amounts and times as people write them."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bigcat_graphql.money import Money
from bigcat_graphql.notifications.tickets.words import (
    find_locale,
    write_day,
    write_money,
    write_price,
    write_time,
)


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "number"),
    [
        (6500, "USD", "en", "65.00"),
        (6500, "JPY", "en", "6,500"),
        (12345, "KWD", "en", "12.345"),
        (123456789, "EUR", "de", "1.234.567,89"),
        # Where CLDR says none, ISO 4217 has decimals, and so has what was paid.
        (1234, "IQD", "en", "1.234"),
        (1234, "AFN", "en", "12.34"),
    ],
)
def test_money_has_the_decimals_of_its_currency(
    minor: int, currency: str, locale: str, number: str
) -> None:
    shown = write_money(Money(minor, currency), find_locale(locale))

    assert re.findall(r"[\d.,]+", shown) == [number]


def test_money_names_its_currency_as_the_reader_does() -> None:
    price = Money(6500, "USD")

    assert write_money(price, find_locale("en-US")) == "$65.00"
    assert write_money(price, find_locale("en-GB")) == "US$65.00"


def test_nothing_to_pay_is_said_so() -> None:
    assert write_price(Money(0, "USD"), find_locale("en")) == "Free of charge"


@pytest.mark.parametrize(
    ("asked", "found"),
    [("de-AT", "de_AT"), ("en_GB", "en_GB"), ("fr", "en"), ("?", "en"), ("", "en")],
)
def test_a_language_without_words_is_english(asked: str, found: str) -> None:
    assert str(find_locale(asked)) == found


def test_summer_and_winter_have_their_own_names() -> None:
    zone, english = ZoneInfo("Europe/Berlin"), find_locale("en-GB")
    summer, winter = (datetime(2026, month, 24, 20, 0, tzinfo=zone) for month in (10, 11))

    assert write_time(summer, english) == "20:00, Central European Summer Time"
    assert write_time(winter, english) == "20:00, Central European Standard Time"
    assert write_day(winter, english) == "Tuesday, 24 November 2026"
