"""Money: exact, in the currency's own decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.money import Money, decimals, money_of, total

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD", "CLF", "MGA", "USD"])
MINOR = st.integers(min_value=0, max_value=2**63 - 1)


@pytest.mark.parametrize(
    ("currency", "places"),
    [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("MGA", 2), ("IQD", 3), ("XCG", 2)],
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, places: int) -> None:
    assert decimals(currency) == places


@pytest.mark.parametrize("text", ["", "eur", "EURO", "XXX", "XAU", "BTC", " EUR", "E\x00R", "ÉUR"])
def test_what_iso_4217_does_not_know_is_no_currency(text: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 4217 currency"):
        decimals(text)


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (6500, "EUR", "65.00 EUR"),
        (6500, "JPY", "6500 JPY"),
        (6500, "KWD", "6.500 KWD"),
        (5, "USD", "0.05 USD"),
        (0, "USD", "0.00 USD"),
    ],
)
def test_an_amount_is_written_with_all_its_decimals(
    minor: int, currency: str, written: str
) -> None:
    assert str(Money(minor, currency)) == written


@given(MINOR, CURRENCIES)
def test_an_amount_survives_being_written_and_read(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert money_of(money.amount, currency) == money
    assert money_of(Decimal(str(money.amount)), currency) == money


@pytest.mark.parametrize("amount", ["1", "1.0", "1.00", "1.000", "1E0", "0.1E1", "100E-2"])
def test_one_amount_may_be_written_in_many_ways(amount: str) -> None:
    assert money_of(Decimal(amount), "EUR") == Money(100, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "EUR"),
        ("0.5", "JPY"),
        ("-0.01", "EUR"),
        ("NaN", "EUR"),
        ("sNaN", "EUR"),
        ("Infinity", "EUR"),
        ("-Infinity", "EUR"),
        ("1E+999999", "EUR"),
        ("1E-999999", "EUR"),
        ("92233720368547758.08", "EUR"),
        ("9223372036854775808", "JPY"),
        ("1", "EURO"),
    ],
)
def test_an_amount_that_cannot_be_exact_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        money_of(Decimal(amount), currency)


@given(st.decimals(), CURRENCIES)
def test_no_decimal_is_rounded(amount: Decimal, currency: str) -> None:
    try:
        money = money_of(amount, currency)
    except ValueError:
        return
    assert money.amount == amount
    assert 0 <= money.amount_minor < 2**63


@given(st.lists(MINOR, min_size=1), CURRENCIES)
def test_a_total_is_exact(amounts: list[int], currency: str) -> None:
    assert total(Money(amount, currency) for amount in amounts) == Money(sum(amounts), currency)


@pytest.mark.parametrize("currencies", [[], ["EUR", "USD"]])
def test_a_total_needs_one_currency(currencies: list[str]) -> None:
    with pytest.raises(ValueError, match="currencies"):
        total(Money(1, currency) for currency in currencies)
