"""Making accounts, against the real database."""

import asyncio
from collections.abc import Awaitable
from uuid import UUID

import pytest

from bigcat_graphql import accounts
from bigcat_graphql.accounts import EmailTaken, SignedIn, Viewer, WeakPassword, authenticate
from bigcat_graphql.accounts.errors import AuthenticationFailed, RateLimited
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import Account, AccountRole
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("database")


async def sign_up(
    email: str = "ana@example.com", *, viewer: Viewer | None = None, name: str = "Ana"
) -> SignedIn:
    return await accounts.sign_up(email, "correct horse", name, viewer=viewer)


async def be_guest(email: str = "ana@example.com") -> tuple[SignedIn, Viewer]:
    session = await accounts.continue_as_guest(email, "Ana")
    return session, authenticate(session.access_token)


async def outcomes(*verbs: Awaitable[SignedIn]) -> tuple[list[SignedIn], list[BaseException]]:
    answers = await asyncio.gather(*verbs, return_exceptions=True)
    return (
        [answer for answer in answers if isinstance(answer, SignedIn)],
        [answer for answer in answers if isinstance(answer, BaseException)],
    )


async def test_whoever_signs_up_is_signed_in_as_a_buyer() -> None:
    session = await sign_up("Ana@Example.com", name=" Ana ")
    viewer = authenticate(session.access_token)
    assert (viewer.account_id, viewer.role) == (session.account.id, AccountRole.BUYER)
    assert viewer.expires_at == session.access_token_expires_at
    stored = await Account.get(id=session.account.id)
    assert (stored.email, stored.name) == ("Ana@example.com", "Ana")


async def test_the_password_is_stored_as_a_hash_only(rival: Connection) -> None:
    await sign_up()
    row = await rival.fetchval("SELECT account::text FROM account")
    assert "correct horse" not in row
    assert "$argon2id$" in row


async def test_an_email_in_other_letters_is_taken() -> None:
    await sign_up("ana@example.com")
    with pytest.raises(EmailTaken) as refusal:
        await sign_up("ANA@EXAMPLE.COM")
    assert refusal.value.path == ("input", "email")
    assert await Account.all().count() == 1


async def test_of_many_who_sign_up_at_once_with_one_email_one_gets_it() -> None:
    winners, losers = await outcomes(*(sign_up() for _ in range(12)))
    assert len(winners) == 1
    assert {type(loser) for loser in losers} == {EmailTaken}
    assert await Account.all().count() == 1


async def test_a_loser_of_the_index_is_told_even_when_it_looked_free(rival: Connection) -> None:
    async with rival.transaction():
        await rival.execute(
            "INSERT INTO account (id, email, email_folded, name, role, password_hash, created_at)"
            " VALUES (gen_random_uuid(), 'ana@example.com', 'ana@example.com', 'Ana', 'BUYER',"
            " 'x', now())"
        )
        late = asyncio.create_task(sign_up())
        await until_waiting(rival)
    with pytest.raises(EmailTaken):
        await late


@pytest.mark.parametrize(
    ("email", "password", "name", "path"),
    [
        ("ana", "correct horse", "Ana", ("input", "email")),
        ("ana@example.com", "correct horse", "", ("input", "name")),
        ("ana@example.com", "correct horse", "\x00", ("input", "name")),
        ("ana@example.com", "short", "Ana", ("input", "password")),
    ],
)
async def test_nonsense_is_refused_by_path_and_leaves_nothing(
    email: str, password: str, name: str, path: tuple[str, ...]
) -> None:
    with pytest.raises((InvalidInput, WeakPassword)) as refusal:
        await accounts.sign_up(email, password, name, viewer=None)
    assert refusal.value.path == path  # type: ignore[attr-defined] # both have one
    assert await Account.all().count() == 0


async def test_guests_may_share_an_email_with_each_other_and_an_account() -> None:
    await sign_up()
    first, second = await be_guest(), await be_guest()
    assert first[1].account_id != second[1].account_id
    assert first[1].role is AccountRole.GUEST
    assert await Account.filter(email_folded="ana@example.com").count() == 3


async def test_a_guest_who_signs_up_keeps_the_account_and_so_the_bookings() -> None:
    _, guest = await be_guest("guest@example.com")
    session = await sign_up("ana@example.com", viewer=guest, name="Ana Sousa")
    assert session.account.id == guest.account_id
    assert authenticate(session.access_token).role is AccountRole.BUYER
    assert (session.account.email, session.account.name) == ("ana@example.com", "Ana Sousa")
    again = await accounts.sign_in("ana@example.com", "correct horse")
    assert again.account.id == guest.account_id


async def test_a_guests_old_refresh_token_does_not_open_the_account() -> None:
    guest_session, guest = await be_guest()
    session = await sign_up(viewer=guest)
    with pytest.raises(AuthenticationFailed):
        await accounts.refresh_session(guest_session.refresh_token)
    await accounts.refresh_session(session.refresh_token)


async def test_a_guest_who_asks_for_a_taken_email_stays_a_guest() -> None:
    await sign_up()
    guest_session, guest = await be_guest()
    with pytest.raises(EmailTaken):
        await sign_up(viewer=guest)
    assert (await Account.get(id=guest.account_id)).role is AccountRole.GUEST
    await accounts.refresh_session(guest_session.refresh_token)


async def test_of_a_guests_two_sign_ups_at_once_one_upgrades() -> None:
    _, guest = await be_guest()
    winners, losers = await outcomes(*(sign_up(viewer=guest) for _ in range(6)))
    assert [winner.account.id for winner in winners] == [guest.account_id]
    assert {type(loser) for loser in losers} == {EmailTaken}


async def test_a_signed_in_buyer_who_signs_up_gets_a_second_account() -> None:
    first = await sign_up()
    second = await sign_up("ben@example.com", viewer=authenticate(first.access_token))
    assert second.account.id != first.account.id
    assert (await Account.get(id=first.account.id)).email == "ana@example.com"


async def test_a_flood_from_one_address_is_stopped() -> None:
    for _ in range(200):
        with pytest.raises(InvalidInput):
            await accounts.continue_as_guest("", "Ana", address="203.0.113.77")
    with pytest.raises(RateLimited):
        await accounts.continue_as_guest("ana@example.com", "Ana", address="203.0.113.77")
    await accounts.continue_as_guest("ana@example.com", "Ana", address="203.0.113.78")


@pytest.mark.parametrize("role", [AccountRole.BUYER, AccountRole.ORGANIZER, AccountRole.ADMIN])
async def test_an_account_of_any_role_is_made_by_hand(role: AccountRole) -> None:
    account = await accounts.create_account("ana@example.com", "Ana", role, "correct horse")
    session = await accounts.sign_in("ana@example.com", "correct horse")
    assert authenticate(session.access_token).role is role
    assert session.account.id == account.id


async def test_a_guest_is_not_made_by_hand() -> None:
    with pytest.raises(InvalidInput):
        await accounts.create_account("a@example.com", "Ana", AccountRole.GUEST, "correct horse")


async def test_an_account_is_shown_to_itself_and_to_admins() -> None:
    ana, ben = await sign_up(), await sign_up("ben@example.com")
    by_ana = authenticate(ana.access_token)
    by_admin = Viewer(ben.account.id, AccountRole.ADMIN, by_ana.expires_at)
    by_organizer = Viewer(ben.account.id, AccountRole.ORGANIZER, by_ana.expires_at)
    found = await accounts.find_account(by_ana, ana.account.id)
    assert found is not None
    assert found.id == ana.account.id
    assert await accounts.find_account(by_ana, ben.account.id) is None
    assert await accounts.find_account(by_organizer, ana.account.id) is None
    assert await accounts.find_account(by_admin, ana.account.id) is not None
    assert await accounts.find_account(by_admin, UUID(int=0)) is None


async def test_accounts_are_found_many_at_once() -> None:
    ana, ben = (await sign_up()).account, (await sign_up("ben@example.com")).account
    found = await accounts.accounts_by_ids([ben.id, ana.id, UUID(int=0), ana.id])
    assert {key: account.name for key, account in found.items()} == {ana.id: "Ana", ben.id: "Ana"}
    assert await accounts.accounts_by_ids([]) == {}
