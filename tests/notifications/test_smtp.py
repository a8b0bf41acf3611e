"""Servers that are away, refuse, or are lost at the worst moment; logins and TLS."""

import asyncio
import signal
import subprocess
import sys
import threading
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope
from aiosmtplib.errors import SMTPResponseException

from bigcat_graphql import jobs
from bigcat_graphql.database import DatabaseUrl, execute
from bigcat_graphql.notifications import check_settings
from bigcat_graphql.notifications.post import Post, SmtpServer
from bigcat_graphql.settings import Settings, SettingsRefused, get_settings, override_settings
from tests.cli.running import bare_environment
from tests.jobs.works import let_delays_pass, let_leases_end, until
from tests.notifications.certificates import make_tls
from tests.notifications.evenings import buy
from tests.notifications.smtp_server import SmtpBox
from tests.scenes import make_concert

pytestmark = pytest.mark.usefixtures("database")


def a_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "tickets@bigcat.example"
    mail["To"] = "ada@example.org"
    mail.set_content("Hello.")
    return mail


async def test_with_the_server_away_for_a_while_mail_arrives_late_and_once(smtp: SmtpBox) -> None:
    concert = await make_concert(price_minor=0)
    smtp.close()
    for seat in range(3):
        await buy(concert, seat)
    for _ in range(3):
        assert await jobs.run_due() == 3
        await let_delays_pass()
    assert [row.failures for row in await jobs.list_jobs()] == [3, 3, 3]
    smtp.open()
    with override_settings(smtp_url=smtp.url):
        await jobs.run_due()
        await let_delays_pass()
        await jobs.run_due()
    assert len({mail["Message-ID"] for mail in smtp.mails}) == len(smtp.mails) == 3
    assert await jobs.list_jobs() == []


async def test_a_server_that_talks_nonsense_is_hung_up_on_and_asked_again(smtp: SmtpBox) -> None:
    post = Post(SmtpServer.parse(smtp.url))
    await post.hand_in(a_mail())
    smtp.answers = ["nonsense"]
    with pytest.raises(SMTPResponseException):
        await post.hand_in(a_mail())

    await post.hand_in(a_mail())

    first, second = smtp.sessions
    assert first is not second


async def test_a_server_that_is_busy_is_asked_again(smtp: SmtpBox) -> None:
    await buy(await make_concert(price_minor=0), 0)
    smtp.answers = ["451 try again later", "421 closing"]
    for failures in (1, 2):
        await jobs.run_due()
        assert [row.failures for row in await jobs.list_jobs()] == [failures]
        await let_delays_pass()
    await jobs.run_due()
    assert len(smtp.mails) == 1


async def test_an_address_that_is_refused_for_good_is_a_dead_letter(smtp: SmtpBox) -> None:
    await buy(await make_concert(price_minor=0), 0)
    smtp.recipients_refused = True
    await jobs.run_due()
    [dead] = await jobs.dead_letters()
    assert dead.error
    assert "Hopeless" in dead.error
    assert "550" in dead.error
    assert "@" not in dead.error
    smtp.recipients_refused = False
    await jobs.run_again([dead.id])
    await jobs.run_due()
    assert len(smtp.mails) == 1


_WORKER = """
import asyncio, sys
from bigcat_graphql import jobs, notifications
from bigcat_graphql.database import open_database

async def main():
    await open_database(sys.argv[1])
    notifications.take_part()
    await jobs.work_for_ever()

asyncio.run(main())
"""


@pytest.mark.parametrize(("taken", "arrivals"), [(False, 1), (True, 2)])
async def test_a_process_killed_while_it_sends_leaves_no_booking_without_its_mail(
    smtp: SmtpBox, database: DatabaseUrl, *, taken: bool, arrivals: int
) -> None:
    """Killed after the server took it: it comes twice, as one message with one Message-ID."""
    await buy(await make_concert(price_minor=0), 0)
    killed = threading.Event()

    def kill(_: Envelope) -> str | None:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed.set()
        return None if taken else "451 not now"

    smtp.answers = [kill]
    worker = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-c", _WORKER, str(database)],
        env=bare_environment()
        | {"BIGCAT_SMTP_URL": smtp.url, "BIGCAT_MAIL_FROM": get_settings().mail_from},
    )

    try:
        assert await asyncio.to_thread(killed.wait, 120)
    finally:
        worker.kill()
    await until(lambda: len(smtp.mails) == int(taken))
    await let_leases_end()
    await jobs.run_due()
    assert len(smtp.mails) == int(taken), "it is claimed: perhaps somebody is sending it"
    await execute("UPDATE message SET sending_until = now() WHERE sent_at IS NULL")
    for _ in range(2):
        await let_delays_pass()
        await jobs.run_due()
    assert len(smtp.mails) == arrivals
    assert len({mail["Message-ID"] for mail in smtp.mails}) == 1


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
async def test_mail_goes_by_tls_to_who_knows_the_password(tmp_path: Path, mode: str) -> None:
    server_tls, client_tls = make_tls(tmp_path)
    box = SmtpBox(login=("box", "p@ss/w:rd"), tls=server_tls, tls_mode=mode)
    box.open()
    try:
        await Post(SmtpServer.parse(box.url), client_tls).hand_in(a_mail())
        wrong = box.url.replace("p%40ss", "other")
        with pytest.raises(Exception, match="535"):
            await Post(SmtpServer.parse(wrong), client_tls).hand_in(a_mail())
        with pytest.raises(Exception, match="certificate"):
            await Post(SmtpServer.parse(box.url)).hand_in(a_mail())
    finally:
        box.close()
    assert len(box.mails) == 1
    assert mode == "implicit" or all(session.ssl for session in box.sessions)


async def test_a_server_without_tls_gets_no_mail_unless_it_is_said_so(smtp: SmtpBox) -> None:
    where = smtp.url.replace("tls=none", "tls=starttls")
    with pytest.raises(Exception, match="STARTTLS"):
        await Post(SmtpServer.parse(where)).hand_in(a_mail())
    assert smtp.mails == []


async def test_a_burst_of_mails_takes_one_connection(smtp: SmtpBox) -> None:
    post = Post(SmtpServer.parse(smtp.url))
    await asyncio.gather(*[post.hand_in(a_mail()) for _ in range(5)])
    assert len({id(session) for session in smtp.sessions}) == 1
    smtp.hang_up()
    for _ in range(2):  # the connection that broke is noticed by whoever uses it first, at most
        try:
            await post.hand_in(a_mail())
        except ConnectionError:
            continue
        break
    assert len(smtp.mails) == 6


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mx.example", ("mx.example", 587, "starttls", None, None)),
        ("smtps://mx.example", ("mx.example", 465, "implicit", None, None)),
        ("smtp://mx.example?tls=none", ("mx.example", 25, "none", None, None)),
        ("smtp://a%40b:p%2Fw@mx.example:2525", ("mx.example", 2525, "starttls", "a@b", "p/w")),
    ],
)
async def test_urls_say_where_and_how(url: str, expected: tuple[object, ...]) -> None:
    server = SmtpServer.parse(url)
    assert (server.host, server.port, server.tls, server.username, server.password) == expected


@pytest.mark.parametrize(
    "url", ["mx.example", "http://mx.example", "smtp://:25", "smtp://mx?tls=maybe", "smtp://mx?x=1"]
)
async def test_urls_that_make_no_sense_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        SmtpServer.parse(url)
    assert "mx" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "nobody", "a@b, c@d", "Box office <>"])
async def test_a_sender_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsRefused, match="BIGCAT_MAIL_FROM"):
        check_settings(Settings(mail_from=text))
