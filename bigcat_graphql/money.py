"""Money as whole minor units of one ISO 4217 currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

# ISO 4217, table A.1 of 2024-06-25: currencies whose minor unit is not 2 decimals. Babel's digits
# are CLDR's, what people write, and differ from ISO's for a dozen currencies.
_DECIMALS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
_TWO_DECIMALS = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "AOA",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BGN",
        "BMD",
        "BND",
        "BOB",
        "BRL",
        "BSD",
        "BTN",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CNY",
        "COP",
        "CRC",
        "CUP",
        "CVE",
        "CZK",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ERN",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GHS",
        "GIP",
        "GMD",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "IRR",
        "JMD",
        "KES",
        "KGS",
        "KHR",
        "KPW",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "MAD",
        "MDL",
        "MGA",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MRU",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "SAR",
        "SBD",
        "SCR",
        "SDG",
        "SEK",
        "SGD",
        "SHP",
        "SLE",
        "SOS",
        "SRD",
        "SSP",
        "STN",
        "SVC",
        "SYP",
        "SZL",
        "THB",
        "TJS",
        "TMT",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "USD",
        "UYU",
        "UZS",
        "VED",
        "VES",
        "WST",
        "XCD",
        "XCG",
        "YER",
        "ZAR",
        "ZMW",
        "ZWG",
    ]
)
# The largest amount a column takes, BIGINT.
_LARGEST_MINOR = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `Money(6500, "EUR")` is 65.00 euro."""

    amount_minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with as many decimals as the currency has."""
        return Decimal(self.amount_minor).scaleb(-decimals(self.currency))

    def __str__(self) -> str:
        """Write it for people and logs: `65.00 EUR`."""
        return f"{self.amount} {self.currency}"


def decimals(currency: str) -> int:
    """Tell how many decimals a currency has.

    Raises:
        ValueError: ISO 4217 has no such currency.
    """
    if currency in _TWO_DECIMALS:
        return 2
    if currency not in _DECIMALS:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency")
    return _DECIMALS[currency]


def money_of(amount: Decimal, currency: str) -> Money:
    """Make money of an amount in major units.

    Raises:
        ValueError: the currency is unknown; the amount is not finite, negative, larger than
            2^63 - 1 minor units, or has more decimals than the currency.
    """
    places = decimals(currency)
    if not amount.is_finite() or amount < 0 or amount.adjusted() > 18:
        raise ValueError("an amount is a number from 0 up")
    minor = amount.scaleb(places)
    if minor != minor.to_integral_value():
        raise ValueError(f"{currency} has {places} decimals")
    if minor > _LARGEST_MINOR:
        raise ValueError("the amount is too large")
    return Money(int(minor), currency)


def total(amounts: Iterable[Money]) -> Money:
    """Sum one or more amounts of one currency.

    Raises:
        ValueError: there are no amounts, or their currencies differ.
    """
    parts = list(amounts)
    currencies = {part.currency for part in parts}
    if len(currencies) != 1:
        raise ValueError(f"cannot add amounts of {len(currencies)} currencies")
    return Money(sum(part.amount_minor for part in parts), currencies.pop())
