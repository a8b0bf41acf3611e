"""Codes by mail, as they arrive."""

import re

import pytest

from bigcat_graphql import accounts, database, jobs, notifications
from bigcat_graphql.accounts import email_codes
from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.models import AccountRole
from tests.notifications.smtp_server import SmtpBox, words
from tests.scenes import make_account

pytestmark = pytest.mark.usefixtures("database")

_CODE = re.compile(r"\b[2-9A-HJKMNP-TV-Z]{8}\b")


@pytest.fixture(autouse=True)
def _no_mails_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_codes, "_mails", Attempts(per_minute=0.001, burst=5))


async def test_a_mailed_code_opens_a_session(smtp: SmtpBox) -> None:
    account = await make_account(AccountRole.BUYER, email="Ada@example.org", name="Ada")
    await accounts.request_email_code("ada@EXAMPLE.org")

    await jobs.run_due()

    [mail] = smtp.mails
    assert mail["To"] == "Ada <Ada@example.org>"
    [code] = set(_CODE.findall(words(mail)))
    assert code in mail["Subject"]
    session = await accounts.sign_in_with_email_code("ada@example.org", code)
    assert session.account.id == account.id


async def test_an_unknown_email_gets_no_mail_and_leaves_no_job(smtp: SmtpBox) -> None:
    await accounts.request_email_code("nobody@example.org")

    await jobs.run_due()

    assert smtp.mails == []
    assert await jobs.list_jobs() == []


async def test_a_mail_that_had_to_wait_brings_the_good_code(smtp: SmtpBox) -> None:
    await make_account(AccountRole.BUYER, email="ada@example.org")
    smtp.answers = [lambda _: "451 later"]
    await accounts.request_email_code("ada@example.org")
    await jobs.run_due()
    assert smtp.mails == []

    await database.execute("UPDATE job SET execute_after = now()")
    await jobs.run_due()

    [code] = set(_CODE.findall(words(smtp.mails[0])))
    await accounts.sign_in_with_email_code("ada@example.org", code)


@pytest.mark.usefixtures("mailbox")
async def test_the_demos_mailbox_shows_it() -> None:
    await make_account(AccountRole.BUYER, email="ada@example.org")
    await accounts.request_email_code("ada@example.org")

    await jobs.run_due()

    [kept] = await notifications.kept_mails()
    assert kept.recipient == "ada@example.org"
    content = await notifications.kept_content(kept.id)
    assert content is not None
    [code] = set(_CODE.findall(kept.subject))
    assert code.encode() in content
