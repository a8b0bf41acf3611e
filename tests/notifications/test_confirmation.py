"""A confirmed booking: one mail with words that people read and tickets that machines read."""

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from io import BytesIO

import pytest
from icalendar import Calendar
from pypdf import PdfReader

from bigcat_graphql import jobs
from bigcat_graphql.ids import print_reference
from bigcat_graphql.jobs.runner import Runner
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import cancel
from tests.notifications.evenings import buy, codes_of, move, rename
from tests.notifications.smtp_server import SmtpBox, part, parts, words
from tests.notifications.tickets.pictures import read_codes
from tests.scenes import make_concert, make_venue

pytestmark = pytest.mark.usefixtures("database")


class Reader(HTMLParser):
    """What a screen reader would say, and what it would be told about it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def all_of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def read_html(mail: EmailMessage) -> Reader:
    return Reader(str(part(mail, "text/html").get_content()))


async def test_a_confirmed_booking_is_told_once_with_everything(smtp: SmtpBox) -> None:
    venue = await make_venue("Große Halle", city="Dublin", country="IE", time_zone="Europe/Dublin")
    starts_at = datetime(2027, 3, 27, 19, 30, tzinfo=UTC)
    concert = await make_concert(
        venue=venue, artists=["Björk"], currency="EUR", starts_at=starts_at
    )
    _, made = await buy(concert, 0, 1)
    await jobs.run_due()
    await jobs.run_due()
    [mail] = smtp.mails
    assert await jobs.list_jobs() == []

    assert mail["Subject"] == "Your 2 tickets: Björk"
    assert str(mail["From"]) == "Zirkus Großkatz <tickets@bigcat.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    html = read_html(mail)
    for said in (words(mail), "".join(html.said)):
        assert "Saturday 27 March 2027, 19:30" in said
        assert "Greenwich Mean Time" in said
        assert "Große Halle, Dublin" in said
        assert "Stalls, row A, seat 1; Stalls, row A, seat 2" in said
        assert "€130.00" in said
        assert print_reference(made.reference) in said
    assert html.all_of("html") == [{"lang": "en", "dir": "ltr"}]
    assert not html.all_of("table")

    codes = await codes_of(made)
    pictures = {f"cid:{str(p['Content-ID']).strip('<>')}": p for p in parts(mail, "image/png")}
    shown = html.all_of("img")
    assert {str(picture["src"]) for picture in shown} == set(pictures)
    assert all(str(picture["alt"]).startswith("QR code") for picture in shown)
    seen = [read_codes(bytes(picture.get_content())) for picture in pictures.values()]
    assert {code for found in seen for code in found} == codes

    pdf = PdfReader(BytesIO(part(mail, "application/pdf").get_content()))
    assert len(pdf.pages) == 2
    assert "Björk" in pdf.pages[0].extract_text()
    entry = part(mail, "text/calendar")
    [event] = Calendar.from_ical(str(entry.get_content())).walk("VEVENT")
    assert event.decoded("DTSTART") == starts_at


async def test_runners_that_work_at_once_send_each_confirmation_once(smtp: SmtpBox) -> None:
    concert = await make_concert(rows=2, seats_per_row=6, price_minor=0)
    made = [await buy(concert, seat) for seat in range(12)]
    await asyncio.gather(*[Runner(*jobs.Lane).run_due() for _ in range(3)])
    told = [mail["Message-ID"] for mail in smtp.mails]
    assert len(told) == len(set(told)) == len(made)
    assert len({str(mail["To"]) for mail in smtp.mails}) == len(made)


async def test_what_was_cancelled_before_its_mail_went_out_is_not_confirmed(
    smtp: SmtpBox,
) -> None:
    viewer, made = await buy(await make_concert(price_minor=0), 0)
    await cancel(viewer, made)
    await jobs.run_due()
    assert [mail["Subject"].split(":")[0] for mail in smtp.mails] == ["Cancelled"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada\r\nBcc: all@example.org", "Ada Bcc: all@example.org"),
        ("Ada\u2028Bcc: all@example.org", "Ada Bcc: all@example.org"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ('"Ada" <ada@elsewhere.example>, Bob', '"Ada" <ada@elsewhere.example>, Bob'),
        ("{{ 7 * 7 }} %(total)s {% raw %}", "{{ 7 * 7 }} %(total)s {% raw %}"),
        ("نجيب محفوظ", "نجيب محفوظ"),
        ("村上 春樹", "村上 春樹"),
        ("Łukasz Żółć", "Łukasz Żółć"),
    ],
)
async def test_no_name_gets_out_of_its_place(smtp: SmtpBox, name: str, shown: str) -> None:
    concert = await make_concert(price_minor=0)
    viewer, _ = await buy(concert, 0)
    await rename(viewer, name, email="ada@example.org")
    await jobs.run_due()
    [mail], [envelope] = smtp.mails, smtp.envelopes
    assert envelope.rcpt_tos == ["ada@example.org"]
    assert mail["Bcc"] is None
    [to] = mail["To"].addresses
    assert (to.display_name, to.addr_spec) == (shown, "ada@example.org")
    html = read_html(mail)
    assert shown in words(mail).replace("\n", " ").replace("\u2068", "").replace("\u2069", "")
    assert shown in "".join(html.said).replace("\u2068", "").replace("\u2069", "")
    assert not html.all_of("script")


async def test_a_domain_of_other_letters_is_reached_by_its_ascii_name(smtp: SmtpBox) -> None:
    viewer, _ = await buy(await make_concert(price_minor=0), 0)
    await rename(viewer, "Ada", email="ada@großkatz.example.org")
    await jobs.run_due()
    assert smtp.envelopes[0].rcpt_tos == ["ada@xn--grokatz-2va.example.org"]


async def test_an_address_of_other_letters_is_written_in_utf8(smtp: SmtpBox) -> None:
    viewer, _ = await buy(await make_concert(price_minor=0), 0)
    await rename(viewer, "Ada", email="köchin@example.org")
    await jobs.run_due()
    assert smtp.envelopes[0].rcpt_tos == ["köchin@example.org"]


@pytest.mark.parametrize(
    ("currency", "price_minor", "shown"),
    [("JPY", 9_000, "¥9,000"), ("KWD", 12_345, "KWD12.345"), ("IQD", 1_500, "IQD1.500")],
)
async def test_money_has_its_currency_s_decimals(
    smtp: SmtpBox, currency: str, price_minor: int, shown: str
) -> None:
    await buy(await make_concert(currency=currency, price_minor=price_minor), 0)
    with override_settings(locale="en"):
        await jobs.run_due()
    assert f"Total: {shown}\n" in words(smtp.mails[0])


@pytest.mark.parametrize(
    ("starts_at", "shown"),
    [
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "01:30, Mitteleuropäische Normalzeit"),
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "03:30, Mitteleuropäische Sommerzeit"),
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "02:30, Mitteleuropäische Sommerzeit"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "02:30, Mitteleuropäische Normalzeit"),
    ],
)
async def test_times_are_the_venue_s_in_the_language_spoken_there(
    smtp: SmtpBox, starts_at: datetime, shown: str
) -> None:
    venue = await make_venue(city="Berlin", country="DE", time_zone="Europe/Berlin")
    concert = await make_concert(venue=venue, price_minor=0)
    await buy(concert, 0)
    await move(concert, starts_at)
    await jobs.run_due()
    [mail] = smtp.mails
    assert mail["Subject"].startswith("Ihr Ticket: ")
    assert shown in words(mail)
    assert read_html(mail).all_of("html") == [{"lang": "de", "dir": "ltr"}]
