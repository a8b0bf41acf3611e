"""Signing in, refreshing and signing out, against the real database."""

import asyncio

import pytest
from argon2 import PasswordHasher

from bigcat_graphql import accounts
from bigcat_graphql.accounts import (
    AuthenticationFailed,
    RateLimited,
    SignedIn,
    authenticate,
    passwords,
    refresh_session,
    sign_out,
)
from bigcat_graphql.accounts.tokens import sign_refresh_token
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Account, AccountRole, Session
from bigcat_graphql.settings import override_settings

pytestmark = pytest.mark.usefixtures("database")

EMAIL, PASSWORD = "ana@example.com", "correct horse"


@pytest.fixture
async def ana(database: object) -> SignedIn:
    assert database
    return await accounts.sign_up(EMAIL, PASSWORD, "Ana", viewer=None)


async def sign_in(password: str = PASSWORD, *, address: str | None = None) -> SignedIn:
    # Attempts are counted by e-mail and address in this process: a test takes its own address.
    return await accounts.sign_in(EMAIL, password, address=address)


async def is_over(session: SignedIn) -> bool:
    try:
        await refresh_session(session.refresh_token)
    except AuthenticationFailed:
        return True
    return False


async def test_the_right_password_opens_a_session_of_its_own(ana: SignedIn) -> None:
    session = await accounts.sign_in(" ANA@EXAMPLE.COM ", PASSWORD)
    assert session.account.id == ana.account.id
    assert session.refresh_token != ana.refresh_token
    assert not await is_over(session)
    assert not await is_over(ana)


async def test_a_wrong_password_and_an_unknown_email_are_told_alike(ana: SignedIn) -> None:
    refusals = []
    for email in (ana.account.email, "nobody@example.com"):
        with pytest.raises(AuthenticationFailed) as refusal:
            await accounts.sign_in(email, "wrong horse")
        refusals.append((refusal.value.code, refusal.value.message))
    assert refusals[0] == refusals[1]
    assert refusals[0][0] == "WRONG_CREDENTIALS"


async def test_a_guest_cannot_sign_in() -> None:
    await accounts.continue_as_guest("guest@example.com", "Guest")
    with pytest.raises(AuthenticationFailed):
        await accounts.sign_in("guest@example.com", "")


async def test_what_is_no_email_is_refused_by_path() -> None:
    with pytest.raises(InvalidInput) as refusal:
        await accounts.sign_in("ana", PASSWORD)
    assert refusal.value.path == ("input", "email")


@pytest.mark.usefixtures("ana")
async def test_eleven_wrong_guesses_from_one_address_are_stopped() -> None:
    for _ in range(10):
        with pytest.raises(AuthenticationFailed):
            await sign_in("wrong horse", address="203.0.113.1")
    with pytest.raises(RateLimited) as refusal:
        await sign_in(address="203.0.113.1")
    assert 1 <= refusal.value.retry_after_seconds <= 12
    await sign_in(address="203.0.113.2")  # the owner, at home, is not locked out


@pytest.mark.usefixtures("ana")
async def test_guesses_at_once_are_all_counted() -> None:
    guesses = (sign_in("wrong horse", address="203.0.113.3") for _ in range(25))
    refusals = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(refusal, AuthenticationFailed) for refusal in refusals) == 10
    assert sum(isinstance(refusal, RateLimited) for refusal in refusals) == 15


@pytest.mark.usefixtures("ana")
async def test_whoever_is_right_is_never_stopped() -> None:
    for _ in range(15):
        await sign_in(address="203.0.113.4")


async def test_a_hash_of_older_parameters_is_replaced_at_the_next_sign_in(
    ana: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", stronger)
    await sign_in()
    stored = (await Account.get(id=ana.account.id)).password_hash
    assert "$m=16,t=2,p=1$" in str(stored)
    await sign_in()
    assert (await Account.get(id=ana.account.id)).password_hash == stored


async def test_a_refresh_gives_a_new_pair_and_longer_time(ana: SignedIn) -> None:
    session = await refresh_session(ana.refresh_token)
    assert session.refresh_token != ana.refresh_token
    assert session.refresh_token_expires_at > ana.refresh_token_expires_at
    assert authenticate(session.access_token).account_id == ana.account.id
    assert not await is_over(session)


async def test_a_second_use_of_a_refresh_token_ends_the_session(ana: SignedIn) -> None:
    session = await refresh_session(ana.refresh_token)
    assert await is_over(ana)
    assert await is_over(session)


async def test_the_second_use_ends_no_other_session(ana: SignedIn) -> None:
    other = await sign_in()
    await refresh_session(ana.refresh_token)
    assert await is_over(ana)
    assert not await is_over(other)


async def test_of_many_refreshes_at_once_exactly_one_wins(ana: SignedIn) -> None:
    answers = await asyncio.gather(
        *(refresh_session(ana.refresh_token) for _ in range(12)), return_exceptions=True
    )
    winners = [answer for answer in answers if isinstance(answer, SignedIn)]
    assert len(winners) == 1
    assert sum(isinstance(answer, AuthenticationFailed) for answer in answers) == 11
    # To the server the losers look like a thief: the winner has to sign in again, too.
    assert await is_over(winners[0])
    assert (await Session.get(account_id=ana.account.id)).generation == 1


async def test_a_session_is_over_when_the_database_says_so(
    ana: SignedIn, rival: Connection
) -> None:
    await rival.execute("UPDATE session SET expires_at = now()")
    assert await is_over(ana)


async def test_a_session_lives_as_long_as_the_settings_say(rival: Connection) -> None:
    with override_settings(refresh_token_seconds=120):
        session = await accounts.continue_as_guest(EMAIL, "Ana")
    lifetime = await rival.fetchval(
        "SELECT extract(epoch FROM expires_at - created_at)::int FROM session"
    )
    assert lifetime == 120
    assert session.refresh_token_expires_at == (await Session.all().get()).expires_at


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "\ud800", "x" * 100_000])
async def test_a_token_that_is_not_ours_is_a_session_that_ended(token: str) -> None:
    with pytest.raises(AuthenticationFailed) as refusal:
        await refresh_session(token)
    assert refusal.value.code == "SESSION_ENDED"


async def test_a_token_of_an_unknown_session_or_a_later_generation_opens_nothing(
    ana: SignedIn,
) -> None:
    session = await Session.get(account_id=ana.account.id)
    for token in (sign_refresh_token(new_id(), 0), sign_refresh_token(session.id, 7)):
        with pytest.raises(AuthenticationFailed):
            await refresh_session(token)
    assert not await is_over(ana)


async def test_a_new_role_counts_from_the_next_refresh(ana: SignedIn) -> None:
    await Account.filter(id=ana.account.id).update(role=AccountRole.ORGANIZER)
    assert authenticate(ana.access_token).role is AccountRole.BUYER
    session = await refresh_session(ana.refresh_token)
    assert authenticate(session.access_token).role is AccountRole.ORGANIZER
    assert session.account.role is AccountRole.ORGANIZER


async def test_signing_out_ends_this_session_and_no_other(ana: SignedIn) -> None:
    other = await sign_in()
    assert (await sign_out(ana.refresh_token, everywhere=False)).id == ana.account.id
    assert await is_over(ana)
    assert not await is_over(other)


async def test_signing_out_everywhere_ends_all_sessions_of_this_account_only(
    ana: SignedIn,
) -> None:
    others = [await sign_in(), await sign_in()]
    ben = await accounts.continue_as_guest("ben@example.com", "Ben")
    await sign_out(ana.refresh_token, everywhere=True)
    assert [await is_over(session) for session in (ana, *others)] == [True, True, True]
    assert not await is_over(ben)


async def test_signing_out_twice_says_that_it_is_over(ana: SignedIn) -> None:
    await sign_out(ana.refresh_token, everywhere=False)
    with pytest.raises(AuthenticationFailed) as refusal:
        await sign_out(ana.refresh_token, everywhere=True)
    assert refusal.value.code == "SESSION_ENDED"


async def test_signing_out_with_a_used_token_ends_its_session_but_not_all(ana: SignedIn) -> None:
    other = await sign_in()
    session = await refresh_session(ana.refresh_token)
    with pytest.raises(AuthenticationFailed):
        await sign_out(ana.refresh_token, everywhere=True)
    assert await is_over(session)
    assert not await is_over(other)


async def test_a_refresh_and_a_sign_out_at_once_leave_no_session(ana: SignedIn) -> None:
    for _ in range(10):
        session = await sign_in()
        answers = await asyncio.gather(
            refresh_session(session.refresh_token),
            sign_out(session.refresh_token, everywhere=False),
            return_exceptions=True,
        )
        kept = [answer for answer in answers if isinstance(answer, SignedIn)]
        assert all([await is_over(answer) for answer in kept])
    assert not await is_over(ana)
