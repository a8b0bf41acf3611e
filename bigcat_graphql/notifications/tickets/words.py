"""What tickets say, in the reader's language; times in the venue's zone, money in its currency."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_name

from bigcat_graphql.money import Money, decimals

_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words of a ticket in one language; `{…}` are filled in."""

    ticket: str
    starts: str
    doors: str
    seat: str
    price: str
    free: str
    reference: str
    holder: str
    place: str
    picture: str
    door: str
    number: str


_WORDS: Mapping[str, Words] = {
    "en": Words(
        ticket="Ticket",
        starts="Starts",
        doors="Doors open",
        seat="Seat",
        price="Price",
        free="Free of charge",
        reference="Booking",
        holder="Name",
        place="Where",
        picture="QR code of this ticket",
        door="Show this code at the door. It lets one person in, once.",
        number="Ticket {number} of {count}",
    ),
    "de": Words(
        ticket="Ticket",
        starts="Beginn",
        doors="Einlass",
        seat="Platz",
        price="Preis",
        free="Kostenlos",
        reference="Buchung",
        holder="Name",
        place="Ort",
        picture="QR-Code dieses Tickets",
        door="Bitte am Eingang vorzeigen. Der Code lässt eine Person einmal ein.",
        number="Ticket {number} von {count}",
    ),
}


def words_of(locale: Locale) -> Words:
    """Give the words of a language; English where nothing is translated."""
    return _WORDS.get(locale.language, _WORDS[_FALLBACK])


def find_locale(name: str) -> Locale:
    """Find a locale such as `de-AT` or `en`; English where nothing is translated."""
    try:
        locale = Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale(_FALLBACK)
    return locale if locale.language in _WORDS else Locale(_FALLBACK)


def write_day(instant: datetime, locale: Locale) -> str:
    """Write the day of an instant that has the venue's zone: `Sunday, November 22, 2026`."""
    return format_date(instant.date(), "full", locale)


def write_time(instant: datetime, locale: Locale) -> str:
    """Write the time of an instant that has the venue's zone, with the zone's name."""
    zone = get_timezone_name(instant, "long", zone_variant=_variant(instant), locale=locale)
    return f"{format_time(instant.time(), 'short', locale=locale)}, {zone}"


def _variant(instant: datetime) -> Literal["standard", "daylight"]:
    """Tell which half of the year it is, as people say it.

    Babel asks the zone, and Ireland's calls its winter the time that is put back.
    """
    half_years = [instant.replace(month=month, day=1).utcoffset() for month in (1, 7)]
    offset = instant.utcoffset()
    later = offset is not None and any(half is not None and offset > half for half in half_years)
    return "daylight" if later else "standard"


def write_country(code: str, locale: Locale) -> str:
    """Write the name of a country; one that CLDR does not know stays as it is."""
    return str(locale.territories.get(code, code))


def write_price(price: Money, locale: Locale) -> str:
    """Write a price; nothing is `Free of charge`."""
    return write_money(price, locale) if price.amount_minor else words_of(locale).free


def write_money(money: Money, locale: Locale) -> str:
    """Write an amount with the decimals of ISO 4217: Babel's own differ for a dozen currencies."""
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (decimals(money.currency),) * 2
    written = pattern.apply(money.amount, locale, currency=money.currency, currency_digits=False)
    return str(written)
