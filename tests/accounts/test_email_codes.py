"""Codes by mail: asked for, guessed at, used once."""

import asyncio
from collections import Counter
from uuid import UUID

import orjson
import pytest

from bigcat_graphql import accounts, booking, database
from bigcat_graphql.accounts import RateLimited, WeakPassword, WrongEmailCode, code_sign_in
from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.booking import BookingFilter
from bigcat_graphql.catalogue import PageRequest
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import Account, AccountRole, Booking, EmailCode
from tests.booking.verbs import book
from tests.scenes import make_concert, view_as

pytestmark = pytest.mark.usefixtures("database")

_EMAIL = "Ada@Example.org"
_PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _no_guesses_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses and mails are counted in the process, and these tests share an e-mail."""
    monkeypatch.setattr(code_sign_in, "_guesses", Attempts(per_minute=0.001, burst=1_000))
    monkeypatch.setattr(
        "bigcat_graphql.accounts.email_codes._mails", Attempts(per_minute=0.001, burst=5)
    )


async def _request_ids() -> list[UUID]:
    rows = await database.fetch_all("SELECT payload FROM job ORDER BY id")
    return [UUID(orjson.loads(row["payload"])["request"]) for row in rows]


async def _mailed(email: str = _EMAIL) -> str:
    """Ask for a code and read the mail."""
    await database.execute("DELETE FROM email_code")
    await accounts.request_email_code(email)
    mailed = await accounts.draw_email_code((await _request_ids())[-1])
    assert mailed is not None
    return mailed.code


async def _sign_up(email: str = _EMAIL) -> Account:
    return (await accounts.sign_up(email, _PASSWORD, "Ada", viewer=None)).account


async def _guest(email: str = _EMAIL) -> Account:
    return (await accounts.continue_as_guest(email, "Ada")).account


async def _count_bookings(account: Account) -> int:
    page = await booking.bookings_of(
        account.id, BookingFilter(), PageRequest(first=10, after=None, last=None, before=None)
    )
    return len(page.items)


async def _fails(email: str, code: str) -> bool:
    try:
        await accounts.sign_in_with_email_code(email, code)
    except WrongEmailCode:
        return True
    return False


async def test_a_mailed_code_signs_in_and_verifies_the_email() -> None:
    account = await _sign_up()
    code = await _mailed()

    session = await accounts.sign_in_with_email_code(_EMAIL.lower(), code)

    assert session.account.id == account.id
    assert session.account.email_verified_at is not None
    assert accounts.authenticate(session.access_token).account_id == account.id


async def test_case_blanks_and_dashes_of_a_code_do_not_matter() -> None:
    await _sign_up()
    code = await _mailed()

    await accounts.sign_in_with_email_code(_EMAIL, f" {code[:4].lower()}-{code[4:]} ")


async def test_a_code_is_good_once_however_many_bring_it() -> None:
    await _sign_up()
    code = await _mailed()

    failed = await asyncio.gather(*[_fails(_EMAIL, code) for _ in range(5)])

    assert Counter(failed) == {True: 4, False: 1}


async def test_five_wrong_guesses_are_the_end_of_a_code() -> None:
    await _sign_up()
    code = await _mailed()
    for guess in range(5):
        assert await _fails(_EMAIL, f"WRONG{guess}")

    assert await _fails(_EMAIL, code)


async def test_guesses_at_the_same_time_are_five_in_all() -> None:
    await _sign_up()
    code = await _mailed()
    guesses = [_fails(_EMAIL, "WRONGONE") for _ in range(20)]

    failed = await asyncio.gather(*guesses)

    assert all(failed)
    row = await EmailCode.get()
    assert row.tries_left == 0
    assert await _fails(_EMAIL, code)


async def test_a_code_is_over_after_its_time() -> None:
    await _sign_up()
    code = await _mailed()
    await database.execute("UPDATE email_code SET valid_until = now()")

    assert await _fails(_EMAIL, code)


async def test_a_new_code_ends_the_old_one() -> None:
    await _sign_up()
    old, new = await _mailed(), await _mailed()

    assert await _fails(_EMAIL, old)
    assert not await _fails(_EMAIL, new)


async def test_another_code_is_mailed_after_a_minute_only() -> None:
    await _sign_up()
    first = await accounts.request_email_code(_EMAIL)
    again = await accounts.request_email_code(_EMAIL)
    assert (first, len(await _request_ids())) == (again, 1)

    await database.execute("UPDATE email_code SET requested_at = now() - interval '61 seconds'")
    later = await accounts.request_email_code(_EMAIL)

    assert later > first
    assert len(await _request_ids()) == 2


async def test_many_who_ask_at_once_make_one_mail() -> None:
    await _sign_up()

    until = await asyncio.gather(*[accounts.request_email_code(_EMAIL) for _ in range(5)])

    assert len(set(until)) == 1
    assert len(await _request_ids()) == 1


async def test_nobody_is_flooded_with_mails() -> None:
    for _ in range(5):
        await accounts.request_email_code(_EMAIL)

    with pytest.raises(RateLimited):
        await accounts.request_email_code(_EMAIL.upper())
    await accounts.request_email_code("other@example.org")


async def test_an_unknown_email_gets_the_same_answer_and_no_mail() -> None:
    await _sign_up()
    known = await accounts.request_email_code(_EMAIL)
    unknown = await accounts.request_email_code("nobody@example.org")

    assert unknown >= known
    of_known, of_unknown = await _request_ids()
    assert await accounts.draw_email_code(of_known) is not None
    assert await accounts.draw_email_code(of_unknown) is None
    assert await _fails("nobody@example.org", "")


async def test_a_code_is_kept_as_a_hash_only() -> None:
    await _sign_up()
    code = await _mailed()

    kept = await database.fetch_one("SELECT email_code::text AS text FROM email_code")
    jobs = await database.fetch_one("SELECT string_agg(job::text, ' ') AS text FROM job")

    assert kept is not None
    assert jobs is not None
    assert code not in kept["text"]
    assert code not in jobs["text"]
    assert "$argon2id$" in kept["text"]


async def test_a_request_that_is_over_or_replaced_mails_nothing() -> None:
    await _sign_up()
    await _mailed()
    (request_id,) = await _request_ids()
    await _mailed()

    assert await accounts.draw_email_code(request_id) is None
    await database.execute("UPDATE email_code SET valid_until = now()")
    assert await accounts.draw_email_code((await _request_ids())[-1]) is None


async def test_old_requests_are_forgotten() -> None:
    await accounts.request_email_code("nobody@example.org")
    await database.execute("UPDATE email_code SET valid_until = now() - interval '25 hours'")
    await _sign_up()
    await accounts.request_email_code(_EMAIL)

    await accounts.draw_email_code((await _request_ids())[-1])

    assert [row.email_folded for row in await EmailCode.all()] == [_EMAIL.lower()]


async def test_a_new_password_ends_all_other_sessions() -> None:
    before = await accounts.sign_up(_EMAIL, _PASSWORD, "Ada", viewer=None)

    session = await accounts.sign_in_with_email_code(
        _EMAIL, await _mailed(), new_password="an even better one"
    )

    with pytest.raises(accounts.AuthenticationFailed):
        await accounts.refresh_session(before.refresh_token)
    await accounts.refresh_session(session.refresh_token)
    with pytest.raises(accounts.AuthenticationFailed):
        await accounts.sign_in(_EMAIL, _PASSWORD)
    assert (await accounts.sign_in(_EMAIL, "an even better one")).account.id == before.account.id


@pytest.mark.parametrize("password", ["short", "password1", "ada@example.org"])
async def test_a_weak_password_is_refused_and_the_code_stays_good(password: str) -> None:
    await _sign_up()
    code = await _mailed()

    with pytest.raises(WeakPassword) as refusal:
        await accounts.sign_in_with_email_code(_EMAIL, code, new_password=password)

    assert refusal.value.path == ("input", "newPassword")
    assert not await _fails(_EMAIL, code)


async def test_who_verifies_ends_the_sessions_of_strangers_who_typed_the_email() -> None:
    stranger = await accounts.sign_up(_EMAIL, _PASSWORD, "Mallory", viewer=None)

    await accounts.sign_in_with_email_code(_EMAIL, await _mailed())

    with pytest.raises(accounts.AuthenticationFailed):
        await accounts.refresh_session(stranger.refresh_token)


async def test_who_is_signed_in_stays_so_on_the_other_devices() -> None:
    session = await accounts.sign_up(_EMAIL, _PASSWORD, "Ada", viewer=None)

    await accounts.sign_in_with_email_code(_EMAIL, await _mailed(), viewer=view_as(session.account))

    await accounts.refresh_session(session.refresh_token)


async def test_a_guest_has_the_bookings_on_another_device() -> None:
    guest = await _guest()
    await book(view_as(guest), await make_concert(price_minor=0), 0)

    session = await accounts.sign_in_with_email_code(_EMAIL, await _mailed())

    assert (session.account.id, session.account.role) == (guest.id, AccountRole.GUEST)
    assert await _count_bookings(session.account) == 1


async def test_a_guest_becomes_a_buyer_with_a_new_password() -> None:
    guest = await _guest()

    session = await accounts.sign_in_with_email_code(
        _EMAIL, await _mailed(), new_password=_PASSWORD
    )

    assert (session.account.id, session.account.role) == (guest.id, AccountRole.BUYER)
    assert (await accounts.sign_in(_EMAIL, _PASSWORD)).account.id == guest.id


async def test_bookings_of_all_guests_of_an_email_come_together() -> None:
    """To none of the guests: each may be a stranger, whose access token lives on for minutes."""
    concert = await make_concert(price_minor=0)
    guests = [await _guest() for _ in range(3)]
    for seat, guest in enumerate(guests):
        await book(view_as(guest), concert, seat)
    await book(view_as(await _guest("eve@example.org")), concert, 5)

    session = await accounts.sign_in_with_email_code(_EMAIL, await _mailed())

    assert session.account.id not in {guest.id for guest in guests}
    assert await _count_bookings(session.account) == 3
    again = await accounts.sign_in_with_email_code(_EMAIL, await _mailed())
    assert again.account.id == session.account.id


async def test_they_come_to_the_account_with_the_password() -> None:
    account = await _sign_up()
    guest = await _guest()
    await book(view_as(guest), await make_concert(price_minor=0), 0)

    session = await accounts.sign_in_with_email_code(_EMAIL, await _mailed())

    assert session.account.id == account.id
    assert await _count_bookings(account) == 1


async def test_what_another_device_is_paying_for_stays_there() -> None:
    account, guest = await _sign_up(), await _guest()
    pending = await book(view_as(guest), await make_concert(), 0)

    await accounts.sign_in_with_email_code(_EMAIL, await _mailed())
    assert (await Booking.get(id=pending.id)).account_id == guest.id

    await accounts.sign_in_with_email_code(_EMAIL, await _mailed(), viewer=view_as(guest))
    assert (await Booking.get(id=pending.id)).account_id == account.id


async def test_what_is_no_email_is_told_so() -> None:
    with pytest.raises(InvalidInput):
        await accounts.request_email_code("ada")
    with pytest.raises(InvalidInput):
        await accounts.sign_in_with_email_code("ada", "ABCDEFGH")
