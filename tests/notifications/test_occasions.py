"""Every occasion is told to whom it concerns, once."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from bigcat_graphql import booking, jobs, notifications, payments
from bigcat_graphql.accounts import RateLimited
from bigcat_graphql.booking import BookingKey, GuestReference, WrongBookingState
from bigcat_graphql.booking.events import Event
from bigcat_graphql.booking.freeing import put_first
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import execute, fetch_all, run_transaction
from bigcat_graphql.errors import NotFound
from bigcat_graphql.models import Account, Booking, Concert, WaitlistStatus
from bigcat_graphql.notifications import Kind, audience
from bigcat_graphql.settings import override_settings
from bigcat_graphql.waitlist import take_part
from tests.booking.verbs import book, cancel, make_older
from tests.jobs.works import let_leases_end
from tests.notifications.evenings import buy
from tests.notifications.smtp_server import SmtpBox, part, parts, words
from tests.scenes import make_buyer, make_concert, make_organizer
from tests.waitlist.lists import give_back, make_sold_out, now, wait_for

pytestmark = pytest.mark.usefixtures("database")


def subjects(smtp: SmtpBox) -> list[str]:
    return [str(mail["Subject"]).partition(":")[0] for mail in smtp.mails]


async def free_concert() -> Concert:
    return await make_concert(price_minor=0, rows=2, seats_per_row=6)


async def test_some_tickets_are_cancelled_and_then_the_rest(smtp: SmtpBox) -> None:
    viewer, made = await buy(await free_concert(), 0, 1, 2)
    await jobs.run_due()
    key = BookingKey.of(made)
    tickets = (await booking.tickets_of([key]))[key]
    await booking.cancel_booking(
        viewer, name=key, ticket_ids=[tickets[1].id], idempotency_key=uuid4().hex
    )
    await jobs.run_due()
    await cancel(viewer, made)
    await jobs.run_due()
    assert subjects(smtp) == ["Your 3 tickets", "Cancelled", "Cancelled"]
    some, rest = words(smtp.mails[1]), words(smtp.mails[2])
    assert "Cancelled: Stalls, row A, seat 2\n" in some
    assert "Your other 2 tickets of this booking stay good." in some
    assert "Cancelled: Stalls, row A, seat 1; Stalls, row A, seat 3\n" in rest
    assert "stay good" not in rest


async def test_money_that_comes_back_is_promised_and_then_told(smtp: SmtpBox) -> None:
    payments.take_part()
    viewer, made = await buy(await make_concert(currency="EUR"), 0, 1)
    await cancel(viewer, made)
    await jobs.run_due()
    promised, given = smtp.mails
    assert "You get €130.00 back." in words(promised)
    assert given["Subject"].startswith("Refund of €130.00: ")
    assert "we have given back €130.00" in words(given)


async def test_a_booking_that_was_never_confirmed_goes_without_a_word(smtp: SmtpBox) -> None:
    buyer = await make_buyer()
    await cancel(buyer, await book(buyer, await make_concert(), 0))
    await jobs.run_due()
    assert smtp.mails == []


async def test_where_no_mail_is_set_up_nothing_is_written_down() -> None:
    with override_settings(smtp_url=None, mailbox=False):
        await buy(await free_concert(), 0)
    assert await jobs.list_jobs() == []


async def test_a_reservation_that_ends_soon_is_told_once(smtp: SmtpBox) -> None:
    concert, buyer = await make_concert(currency="EUR"), await make_buyer()
    fresh = await book(await make_buyer(), concert, 4)
    ending = await book(buyer, concert, 0, 1)
    await make_older(ending, minutes=8)
    assert fresh.reserved_until
    assert [await notifications.remind(), await notifications.remind()] == [1, 0]
    await jobs.run_due()
    [mail] = smtp.mails
    assert "Stalls, row A, seat 1; Stalls, row A, seat 2" in words(mail)
    assert "€130.00" in words(mail)
    assert "left to pay" in words(mail)
    assert parts(mail, "application/pdf") == []


async def test_who_has_a_moment_left_or_paid_meanwhile_is_not_hurried(smtp: SmtpBox) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await make_older(await book(buyer, concert, 0), minutes=9)
    await execute("UPDATE booking SET reserved_until = now() + interval '20 seconds'")
    assert await notifications.remind() == 0
    ending = await book(buyer, concert, 1)
    await make_older(ending, minutes=8)
    assert await notifications.remind() == 1
    await cancel(buyer, ending)
    await jobs.run_due()
    assert smtp.mails == []


async def test_all_who_have_tickets_hear_of_a_new_date_once(
    smtp: SmtpBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "_BATCH", 2)
    concert = await free_concert()
    have = [await buy(concert, seat) for seat in range(5)]
    gone, other = await buy(concert, 7), await buy(await free_concert(), 0)
    await cancel(*gone)
    await jobs.run_due()
    smtp.mails.clear()

    async def postpone() -> None:
        await notifications.tell_audience(concert.id, Kind.CONCERT_POSTPONED, "2027-05-01")

    # Told twice, and a batch that runs again after it was done: everybody hears of it once.
    await run_transaction(postpone)
    await run_transaction(postpone)
    await jobs.run_due()
    told = {str(mail["To"].addresses[0].addr_spec) for mail in smtp.mails}
    assert told == {await email_of(made) for _, made in have}
    assert len(smtp.mails) == len(have)
    assert await email_of(other[1]) not in told
    assert all(part(mail, "text/calendar") for mail in smtp.mails)


async def test_a_round_that_was_cut_off_goes_on_where_it_stopped(
    smtp: SmtpBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "_BATCH", 2)
    concert = await free_concert()
    for seat in range(5):
        await buy(concert, seat)
    await jobs.run_due()
    smtp.mails.clear()
    payload = {
        "concert": str(concert.id),
        "kind": "concert-cancelled",
        "cause": "",
        "after": "0" * 32,
    }
    await audience.tell_next(payload)
    # Its process dies here: the batch is committed, the job is not done, and runs again.
    await let_leases_end()
    await audience.tell_next(payload)
    await jobs.run_due()
    assert subjects(smtp) == ["The concert is cancelled"] * 5
    assert len({str(mail["To"]) for mail in smtp.mails}) == 5


async def test_a_confirmation_is_sent_again_at_most_once_a_minute(smtp: SmtpBox) -> None:
    viewer, made = await buy(await free_concert(), 0)
    key = BookingKey.of(made)
    await jobs.run_due()
    await notifications.resend_confirmation(viewer, key)
    with pytest.raises(RateLimited) as refused:
        await notifications.resend_confirmation(viewer, key)
    assert 0 < (refused.value.retry_after_seconds or 0) <= 60
    await jobs.run_due()
    await execute("UPDATE message SET created_at = created_at - interval '1 minute'")
    reference = GuestReference(made.reference, await email_of(made))
    await notifications.resend_confirmation(None, reference)
    await jobs.run_due()
    assert subjects(smtp) == ["Your ticket"] * 3
    assert len({mail["Message-ID"] for mail in smtp.mails}) == 3


async def test_a_confirmation_goes_to_its_buyer_whoever_asks(smtp: SmtpBox) -> None:
    concert = await free_concert()
    viewer, made = await buy(concert, 0)
    key = BookingKey.of(made)
    await jobs.run_due()
    for stranger in (await make_buyer(), None):
        with pytest.raises(NotFound):
            await notifications.resend_confirmation(stranger, key)
    await notifications.resend_confirmation(await make_organizer(concert), key)
    await jobs.run_due()
    assert [envelope.rcpt_tos for envelope in smtp.envelopes] == [[await email_of(made)]] * 2
    await cancel(viewer, made)
    with pytest.raises(WrongBookingState):
        await notifications.resend_confirmation(viewer, key)


async def test_the_mailbox_keeps_the_newest(mailbox: None, monkeypatch: pytest.MonkeyPatch) -> None:
    del mailbox
    monkeypatch.setattr(notifications.records, "_KEPT_MAX", 2)
    concert = await free_concert()
    for seat in range(4):
        await buy(concert, seat)
        await jobs.run_due()
    kept = await notifications.kept_mails()
    rows = await fetch_all("SELECT id, sent_at FROM message ORDER BY sent_at DESC")
    assert [mail.id for mail in kept] == [row["id"] for row in rows][:2]
    assert all(row["sent_at"] > utc_now() - timedelta(hours=1) for row in rows)
    content = await notifications.kept_content(kept[0].id)
    assert content
    assert b"Message-ID" in content
    assert await notifications.kept_content(rows[-1]["id"]) is None


async def email_of(made: Booking) -> str:
    return (await Account.get(id=made.account_id)).email


async def test_whoever_waited_is_told_of_the_offer_and_until_when(smtp: SmtpBox) -> None:
    take_part()
    try:
        concert, [(holder, key)] = await make_sold_out(holders=[[0]], rows=1, seats_per_row=1)
        fan, entry = await wait_for(concert)
        await give_back(holder, key)
        await jobs.run_due()
        [mail] = smtp.mails
        account = await Account.get(id=fan.account_id)
        assert account.email in str(mail["To"])
        assert mail["Subject"].startswith("Seats for you: ")
        assert "Stalls, row A, seat 1" in words(mail)
        assert (await now(entry)).status_now is WaitlistStatus.OFFERED
    finally:
        put_first(hand_to_nobody)


async def hand_to_nobody(_: UUID) -> list[Event]:
    return []
