"""Messages and tickets are written in what their reader reads, wherever the concert is."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from bigcat_graphql import accounts, jobs
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.models import AccountRole, Concert, Ticket
from bigcat_graphql.notifications.tickets import TicketFile, TicketName, open_link, write_link
from tests.notifications.evenings import buy
from tests.notifications.smtp_server import SmtpBox, part, words
from tests.scenes import make_account, make_buyer, make_concert, make_venue

pytestmark = pytest.mark.usefixtures("database")


async def make_reader(locale: str | None) -> Viewer:
    buyer = await make_buyer()
    if locale:
        await accounts.set_locale(buyer.account_id, locale)
    return buyer


async def make_evening(country: str) -> Concert:
    place = {"DE": ("Berlin", "Europe/Berlin"), "US": ("Austin", "America/Chicago")}[country]
    venue = await make_venue(city=place[0], country=country, time_zone=place[1])
    return await make_concert(venue=venue, price_minor=0)


@pytest.mark.parametrize(
    ("country", "reads", "subject", "says"),
    [
        ("US", "de-AT", "Ihr Ticket: ", "Kostenlos"),
        ("DE", "en-GB", "Your ticket: ", "Free of charge"),
        ("DE", None, "Ihr Ticket: ", "Kostenlos"),
    ],
)
async def test_a_mail_and_its_tickets_are_in_the_readers_language(
    smtp: SmtpBox, country: str, reads: str | None, subject: str, says: str
) -> None:
    _, made = await buy(await make_evening(country), 0, buyer=await make_reader(reads))
    await jobs.run_due()
    [mail] = smtp.mails
    assert mail["Subject"].startswith(subject)
    assert says in words(mail)
    printed = PdfReader(BytesIO(part(mail, "application/pdf").get_content())).pages[0]
    assert says in printed.extract_text()
    # The same behind a link, to whoever opens it.
    ticket = await Ticket.get(booking_id=made.id)
    link = write_link("", TicketName(ticket.concert_id, ticket.id), TicketFile.PDF)
    opened = await open_link(link.split("/")[2], TicketFile.PDF.value)
    assert opened is not None
    assert says in PdfReader(BytesIO(opened.content)).pages[0].extract_text()


async def test_a_code_is_mailed_in_the_accounts_language(smtp: SmtpBox) -> None:
    account = await make_account(AccountRole.BUYER, email="heidi@example.org")
    await accounts.set_locale(account.id, "de-CH")
    await accounts.request_email_code("heidi@example.org")
    await jobs.run_due()
    assert smtp.mails[0]["Subject"].startswith("Ihr Code: ")
