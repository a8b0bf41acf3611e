"""Tickets as PDF, a page each: tagged and titled (PDF/UA-1), set by Typst."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import structlog
import typst
from babel import Locale

from bigcat_graphql.notifications.tickets import words
from bigcat_graphql.notifications.tickets.qr import draw_svg
from bigcat_graphql.notifications.tickets.sheets import Evening, Sheaf, Sheet
from bigcat_graphql.notifications.tickets.words import Words, words_of

_LOG = structlog.get_logger()
_TEMPLATE = (resources.files("bigcat_graphql.notifications.tickets") / "ticket.typ").read_bytes()
# More letters would push the code off its page; the rest becomes an ellipsis.
_LONGEST_NAME = 130
_LONGEST_FACT = 64
# Longer words are rare in any language; unbroken they would run into their neighbour.
_LONGEST_WORD = 16
_BREAK_HERE = "\u200b"


def print_pdf(sheaf: Sheaf, locale: Locale) -> bytes:
    """Print the tickets; the same tickets make the same bytes. It takes some milliseconds of CPU.

    Letters that no font has, see docs/tickets.md, show as boxes, and then the file does not claim
    to be PDF/UA; nor with letters that this does not allow.
    """
    facts = _show(sheaf, locale)
    try:
        return _compile(facts, sheaf, standards=["ua-1"])
    except typst.TypstError as error:
        # Typst refuses PDF/UA for a letter without a font, or one that it disallows, such as a byte
        # order mark that was copied with a name: an odd ticket is better than none.
        _LOG.warning("ticket_letters_missing", reason=error.message)
        return _compile(facts, sheaf, standards=[])


def _compile(facts: Mapping[str, Any], sheaf: Sheaf, *, standards: list[Any]) -> bytes:
    printed = _compiler().compile(
        _TEMPLATE,
        format="pdf",
        sys_inputs={"facts": json.dumps(facts)},
        pdf_standards=standards,
        timestamp=int(sheaf.issued_at.timestamp()) if sheaf.issued_at else 0,
    )
    if not isinstance(printed, bytes):
        raise TypeError("one PDF was asked for")
    return printed


def _compiler() -> typst.Compiler:
    # One each time: a compiler keeps what it was last given, and two threads must not share that.
    return typst.Compiler(font_paths=_fonts())


@cache
def _fonts() -> typst.Fonts:
    """Find the fonts once: Typst's own first, then the machine's for letters those do not have."""
    return typst.Fonts(include_system_fonts=True)


def _show(sheaf: Sheaf, locale: Locale) -> dict[str, Any]:
    said = words_of(locale)
    evening = sheaf.evening
    return {
        "title": f"{evening.name}: {said.ticket} {sheaf.reference}",
        "author": evening.venue,
        "lang": locale.language,
        "words": {"place": said.place, "picture": said.picture, "door": said.door},
        "pages": [
            _show_page(sheaf, sheet, number, locale)
            for number, sheet in enumerate(sheaf.sheets, start=1)
        ],
    }


def _show_page(sheaf: Sheaf, sheet: Sheet, number: int, locale: Locale) -> dict[str, Any]:
    evening, said = sheaf.evening, words_of(locale)
    artists = ", ".join(evening.artists)
    return {
        "above": _number(number, len(sheaf.sheets), said),
        "name": _fit(evening.name, _LONGEST_NAME),
        "artists": "" if artists == evening.name else _fit(artists, _LONGEST_NAME),
        "facts": [
            (label, _fit(value, _LONGEST_FACT))
            for label, value in _facts(sheaf, sheet, said, locale)
        ],
        "place": _fit(", ".join(_address(evening, locale)), _LONGEST_NAME),
        "reference": sheaf.reference,
        "picture": draw_svg(sheet.code, title=said.picture).decode(),
    }


def _facts(sheaf: Sheaf, sheet: Sheet, said: Words, locale: Locale) -> list[tuple[str, str]]:
    evening = sheaf.evening
    start = (
        f"{words.write_day(evening.starts_at, locale)}\n"
        f"{words.write_time(evening.starts_at, locale)}"
    )
    doors = words.write_time(evening.doors_at, locale) if evening.doors_at else None
    price = words.write_price(sheet.price, locale)
    return [
        (said.starts, start),
        (said.seat, sheet.seat),
        *([(said.doors, doors)] if doors else []),
        (said.price, f"{price}, {sheet.tier}" if sheet.tier else price),
        (said.holder, sheaf.holder),
    ]


def _number(number: int, count: int, said: Words) -> str:
    return said.ticket if count == 1 else said.number.format(number=number, count=count)


def _address(evening: Evening, locale: Locale) -> list[str]:
    country = words.write_country(evening.country, locale)
    return [evening.venue, *evening.address, evening.city, country]


def _fit(text: str, longest: int) -> str:
    """Cut text to what has room, and let long words break."""
    cut = text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
    return "".join(_breakable(word) for word in cut.splitlines(keepends=True))


def _breakable(line: str) -> str:
    pieces = []
    for word in line.split(" "):
        parts = [word[n : n + _LONGEST_WORD] for n in range(0, len(word), _LONGEST_WORD)]
        pieces.append(_BREAK_HERE.join(parts))
    return " ".join(pieces)
