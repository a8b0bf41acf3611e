"""Whoever pays too late hears of it once, and never of money that was charged or not theirs."""

from uuid import uuid4

import orjson
import pytest

from bigcat_graphql import booking, database, jobs, payments
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.models import Account, Booking, Channel, Concert, Payment, PaymentStatus
from bigcat_graphql.notifications import Kind
from bigcat_graphql.payments import play_money
from bigcat_graphql.payments.play_notices import SIGNATURE_HEADER, sign_play_notice
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, let_time_pass, pay
from tests.notifications.smtp_server import SmtpBox, parts, words
from tests.payments.attempts import let_the_provider_answer, payment_of
from tests.scenes import make_buyer, make_concert, make_venue

pytestmark = pytest.mark.usefixtures("database")
_SECRET = "a secret of sixteen"


@pytest.fixture(autouse=True)
def paying() -> None:
    payments.take_part()


async def pay_late(concert: Concert, card: str = "late") -> tuple[Viewer, Booking]:
    """Begin to pay two seats, and let the time go by in which that could have been done."""
    buyer = await make_buyer()
    made = await book(buyer, concert, 0, 1)
    await pay(buyer, made, card)
    await let_time_pass(made)
    await booking.sweep()
    return buyer, made


async def come_through(made: Booking) -> Payment:
    """Let the provider have the money, and look."""
    await let_the_provider_answer(made)
    await payments.settle_open_payments(3600)
    await jobs.run_due()
    return await payment_of(made)


async def test_money_that_is_only_let_go_is_told_of_once(smtp: SmtpBox) -> None:
    concert = await make_concert(currency="EUR")
    buyer, made = await pay_late(concert)
    await book(await make_buyer(), concert, 1)
    before = (await Booking.get(id=made.id)).version

    assert (await come_through(made)).status is PaymentStatus.VOIDED
    await come_through(made)

    [mail] = smtp.mails
    account = await Account.get(id=buyer.account_id)
    assert account.email in str(mail["To"])
    assert mail["Subject"].startswith("Paid too late: ")
    assert "We let go of the €130.00" in words(mail)
    assert "Not charged: €130.00" in words(mail)
    assert parts(mail, "application/pdf") == []
    # Viewers of the booking get a newer version, which says why.
    lost = await Booking.get(id=made.id)
    assert (lost.end_reason, lost.version > before) == ("SEATS_LOST", True)


async def test_it_is_told_in_the_language_spoken_there_and_by_text(smtp: SmtpBox) -> None:
    venue = await make_venue(city="Berlin", country="DE", time_zone="Europe/Berlin")
    concert = await make_concert(venue=venue, currency="EUR")
    await pay_late(concert)
    await book(await make_buyer(), concert, 1)
    with override_settings(sms_account="AC1", sms_token="s3cret", sms_from="+15550001"):
        await let_the_provider_answer(await Booking.get(end_reason="TIME_OVER"))
        await payments.settle_open_payments(3600)
    assert {"message.mail", "message.sms"} <= {one.kind for one in await jobs.list_jobs()}
    await jobs.run_due()
    [mail] = smtp.mails
    assert mail["Subject"].startswith("Zu spät bezahlt: ")
    assert "Wir geben die 130,00\N{NO-BREAK SPACE}€ frei" in words(mail)


async def test_seats_that_could_be_taken_back_are_confirmed_and_no_more(smtp: SmtpBox) -> None:
    _, made = await pay_late(await make_concert())
    assert (await come_through(made)).status is PaymentStatus.CAPTURED
    assert [str(mail["Subject"]).partition(":")[0] for mail in smtp.mails] == ["Your 2 tickets"]


async def test_a_late_charge_is_told_of_as_a_refund_alone(smtp: SmtpBox) -> None:
    concert = await make_concert(currency="EUR")
    _, made = await pay_late(concert)
    await book(await make_buyer(), concert, 1)
    await database.execute("UPDATE play_payment SET status = 'CAPTURED'")
    assert (await come_through(made)).status is PaymentStatus.REFUNDED
    [mail] = smtp.mails
    assert mail["Subject"].startswith("Refund of €130.00: ")
    assert "after your seats had gone to somebody else" in words(mail)


async def test_money_that_was_charged_all_the_same_is_told_of_as_a_refund_alone(
    smtp: SmtpBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert = await make_concert()
    _, made = await pay_late(concert)
    await book(await make_buyer(), concert, 1)
    # The bank is asked to let go, and has charged it by then.
    charged = "UPDATE play_payment SET status = 'CAPTURED' WHERE id = $1"
    monkeypatch.setattr(play_money, "_VOID", charged)
    assert (await come_through(made)).status is PaymentStatus.REFUNDED
    assert [str(mail["Subject"]).partition(" of ")[0] for mail in smtp.mails] == ["Refund"]


async def test_a_card_that_makes_way_for_another_was_never_paid(smtp: SmtpBox) -> None:
    buyer, concert = await make_buyer(), await make_concert()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    await pay(buyer, made, "needs_action")
    await jobs.run_due()
    assert smtp.mails == []


@pytest.mark.parametrize("other", ["approve", "needs_action"])
async def test_a_card_that_was_given_up_for_another_needs_no_word(
    smtp: SmtpBox, other: str
) -> None:
    buyer, concert = await make_buyer(), await make_concert()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    first = await payment_of(made)
    await pay(buyer, made, other)
    await jobs.run_due()
    smtp.mails.clear()
    # Its bank page was open still, and comes through when another pays, or is about to.
    await database.execute("UPDATE play_payment SET status = 'AUTHORIZED' WHERE id = $1", first.id)
    await payments.settle(first.concert_id, first.id)
    await jobs.run_due()
    assert (await Payment.get(id=first.id)).status is PaymentStatus.VOIDED
    assert smtp.mails == []


async def test_a_card_that_comes_through_after_the_buyer_gave_up_is_told_of(smtp: SmtpBox) -> None:
    buyer, concert = await make_buyer(), await make_concert()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    await cancel(buyer, made)
    await database.execute("UPDATE play_payment SET status = 'AUTHORIZED'")
    await payments.settle_open_payments(3600)
    await jobs.run_due()
    assert [str(mail["Subject"]).partition(":")[0] for mail in smtp.mails] == ["Paid too late"]


async def test_three_webhooks_about_it_are_one_mail(smtp: SmtpBox) -> None:
    concert = await make_concert()
    _, made = await pay_late(concert)
    await book(await make_buyer(), concert, 1)
    await let_the_provider_answer(made)
    ids = {"concertId": str(concert.id), "paymentId": str((await payment_of(made)).id)}
    events = [orjson.dumps({"id": uuid4().hex, "type": "payment.changed", **ids}) for _ in range(3)]
    with override_settings(test_webhook_secret=_SECRET):
        for body in events * 3:
            signed = {SIGNATURE_HEADER: sign_play_notice(body, _SECRET)}
            await payments.take_webhook("test", body, signed)
            await jobs.run_due()
    assert len(smtp.mails) == 1
    rows = await database.fetch_all("SELECT kind, channel FROM message")
    assert [tuple(row) for row in rows] == [(Kind.LATE_PAYMENT.value, Channel.MAIL.value)]
