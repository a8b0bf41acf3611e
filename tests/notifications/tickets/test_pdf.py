"""Printed tickets: one accessible page each, whatever stands in them."""

import json
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import typst
from babel import Locale
from pypdf import PdfReader

from bigcat_graphql.money import Money
from bigcat_graphql.notifications.tickets import pdf as printing
from bigcat_graphql.notifications.tickets.pdf import print_pdf
from bigcat_graphql.notifications.tickets.sheets import Evening, Sheaf, Sheet
from tests.notifications.tickets.pictures import read_codes

_ENGLISH, _GERMAN = Locale("en"), Locale("de")
_CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 4 + "ABCDEFGHIJKLMNOPQRSTUVWX"
_CHICAGO = ZoneInfo("America/Chicago")
_EVENING = Evening(
    concert_id=UUID(int=1),
    slug="symphony",
    name="Symphony No. 7",
    artists=("The Hall Orchestra", "Ada Lovelace"),
    starts_at=datetime(2026, 11, 22, 19, 30, tzinfo=_CHICAGO),
    doors_at=datetime(2026, 11, 22, 18, 30, tzinfo=_CHICAGO),
    venue="Moody Center",
    address=("2001 Robert Dedman Dr",),
    city="Austin",
    country="US",
    position=(30.28, -97.73),
)
_HOSTILE = '#panic("x") $x$ *b* `c` \\ #image("/etc/passwd") </text> "}] \u202e // /* @a <b>'
_LONG = "Wagner " * 40
_UNBROKEN = "W" * 300


def _sheaf(*, count: int = 1, name: str = "Symphony No. 7", holder: str = "Zoë") -> Sheaf:
    sheets = [
        Sheet(UUID(int=n), _CODE[n:] + _CODE[:n], f"Stalls, row C, seat {n}", "Premium", _PRICE)
        for n in range(1, count + 1)
    ]
    issued_at = datetime(2026, 1, 2, tzinfo=_CHICAGO)
    evening = replace(_EVENING, name=name)
    return Sheaf(UUID(int=2), "K7QM-2XVD-9R", holder, None, issued_at, evening, tuple(sheets))


_PRICE = Money(12950, "USD")


def _read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def _text(pdf: bytes, page: int = 0) -> str:
    return _read(pdf).pages[page].extract_text().replace("\u202f", " ").replace("\u200b", "")


def test_a_ticket_says_what_its_holder_needs() -> None:
    text = _text(print_pdf(_sheaf(), _ENGLISH))

    for said in (
        "Symphony No. 7",
        "The Hall Orchestra, Ada Lovelace",
        "Sunday, November 22, 2026\n7:30 PM, Central Standard Time",
        "6:30 PM",
        "Stalls, row C, seat 1",
        "$129.50, Premium",
        "Moody Center, 2001 Robert Dedman Dr, Austin, United States",
        "Zoë",
        "K7QM-2XVD-9R",
    ):
        assert said in text


def test_it_speaks_german() -> None:
    pdf = print_pdf(_sheaf(), _GERMAN)

    assert "Sonntag, 22. November 2026\n19:30" in _text(pdf)
    assert _catalog(pdf)["/Lang"] == "de"


def test_it_is_tagged_titled_and_claims_to_be_accessible() -> None:
    pdf = print_pdf(_sheaf(), _ENGLISH)
    catalog = _catalog(pdf)

    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert catalog["/Lang"] == "en"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    metadata = _read(pdf).metadata
    assert metadata is not None
    assert metadata.title == "Symphony No. 7: Ticket K7QM-2XVD-9R"


def test_the_same_tickets_make_the_same_bytes() -> None:
    assert print_pdf(_sheaf(), _ENGLISH) == print_pdf(_sheaf(), _ENGLISH)


def test_each_ticket_has_a_page_with_its_code_that_scans() -> None:
    sheaf = _sheaf(count=2)

    pages = _draw_pages(sheaf)

    assert [read_codes(page) for page in pages] == [[sheet.code] for sheet in sheaf.sheets]
    pdf = print_pdf(sheaf, _ENGLISH)
    assert len(_read(pdf).pages) == 2
    assert "Ticket 2 of 2" in _text(pdf, 1)


@pytest.mark.parametrize("name", [_HOSTILE, _LONG, _UNBROKEN, " ", "{}", "\\u{0}"])
def test_whatever_a_name_is_it_stays_text_on_one_page_that_scans(name: str) -> None:
    sheaf = _sheaf(name=name, holder=name)

    pages = _draw_pages(sheaf)

    assert [read_codes(page) for page in pages] == [[_CODE[1:] + _CODE[:1]]]
    assert len(_read(print_pdf(sheaf, _ENGLISH)).pages) == 1


def test_a_long_word_breaks_and_nothing_of_it_is_lost() -> None:
    fitted = printing._fit(f"von {'W' * 40}", 64)

    assert fitted.replace("\u200b", "") == f"von {'W' * 40}"
    assert max(len(part) for part in fitted.replace(" ", "\u200b").split("\u200b")) == 16
    assert printing._fit(_UNBROKEN, 64).endswith("W…")


def test_markup_in_a_name_is_shown_as_it_was_written() -> None:
    assert '#panic("x") $x$ *b*' in _text(print_pdf(_sheaf(holder=_HOSTILE), _ENGLISH))


@pytest.mark.parametrize("name", ["Ωμέγα", "Привет", "Łódź Çağ Ñandú Ḥå", "אמא", "Đặng Thị"])
def test_these_alphabets_need_no_font_of_the_machine(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "_fonts", lambda: typst.Fonts(include_system_fonts=False))

    pdf = print_pdf(_sheaf(holder=name), _ENGLISH)

    assert b"pdfuaid" in pdf, "Typst found a shape for each letter"


def test_letters_without_a_font_do_not_keep_the_ticket_from_its_holder() -> None:
    pdf = print_pdf(_sheaf(holder="\U0010fffd"), _ENGLISH)

    assert len(_read(pdf).pages) == 1
    assert b"pdfuaid" not in pdf, "a page with boxes does not claim to be accessible"


def _draw_pages(sheaf: Sheaf) -> list[bytes]:
    """Draw the pages as they are printed, coarser than any printer does."""
    facts = json.dumps(printing._show(sheaf, _ENGLISH))
    drawn = printing._compiler().compile(
        printing._TEMPLATE, format="png", ppi=64, sys_inputs={"facts": facts}
    )
    return [drawn] if isinstance(drawn, bytes) else list(drawn or ())


def _catalog(pdf: bytes) -> Any:
    return _read(pdf).trailer["/Root"]


@pytest.mark.parametrize("letter", ["\ufeff", "\ue000", "\uffff"])
def test_a_name_with_a_letter_that_no_standard_allows_is_printed_all_the_same(letter: str) -> None:
    pdf = print_pdf(_sheaf(holder=f"Zoë{letter}", name=f"Evening{letter}"), _ENGLISH)

    assert "Zoë" in _text(pdf)
