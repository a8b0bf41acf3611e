"""Making accounts."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from tortoise.exceptions import IntegrityError

from bigcat_graphql import database
from bigcat_graphql.accounts.credentials import check_password, fold_email, read_email, read_name
from bigcat_graphql.accounts.errors import EmailTaken
from bigcat_graphql.accounts.locales import read_locale
from bigcat_graphql.accounts.passwords import hash_password
from bigcat_graphql.accounts.sessions import (
    Grant,
    SignedIn,
    count_visit,
    open_session,
    revoke_sessions,
)
from bigcat_graphql.accounts.tokens import Viewer
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import Account, AccountRole

T = TypeVar("T")


async def sign_up(
    email: str,
    password: str,
    name: str,
    *,
    viewer: Viewer | None,
    locale: str | None = None,
    address: str | None = None,
) -> SignedIn:
    """Make a buyer's account and sign in; a signed-in guest becomes it, and keeps the bookings.

    Args:
        email: Unique among accounts with a password; case does not matter.
        password: 8 to 1,024 characters.
        name: 1 to 200 characters.
        viewer: Who asks; anybody but a guest gets an account beside the present one.
        locale: What messages are written in, like `de-AT`; a guest who has one may keep it.
        address: The client's network address, to count attempts by.

    Raises:
        InvalidInput: the e-mail, the name or the locale makes no sense.
        WeakPassword: the password is too easy to guess.
        EmailTaken: there is an account with this e-mail.
        RateLimited: too many attempts from this address.
        Busy: too many people are signing up.
    """
    count_visit(address)
    account = await _new_account(email, name, AccountRole.BUYER, password, locale)

    async def register() -> Grant:
        if viewer and await _upgrade_guest(viewer.account_id, account):
            return await open_session(await Account.get(id=viewer.account_id))
        await account.save(force_create=True)
        return await open_session(account)

    return (await run_unless_taken(register)).sign()


async def continue_as_guest(
    email: str, name: str, *, locale: str | None = None, address: str | None = None
) -> SignedIn:
    """Make an account without a password and sign in; any number may share an e-mail.

    Raises:
        InvalidInput: the e-mail, the name or the locale makes no sense.
        RateLimited: too many attempts from this address.
    """
    count_visit(address)
    account = await _new_account(email, name, AccountRole.GUEST, None, locale)

    async def register() -> Grant:
        await account.save(force_create=True)
        return await open_session(account)

    return (await database.run_transaction(register)).sign()


async def create_account(email: str, name: str, role: AccountRole, password: str) -> Account:
    """Make an account of any role but GUEST, for the command line.

    Raises:
        InvalidInput: the e-mail, the name or the role makes no sense.
        WeakPassword: the password is too easy to guess.
        EmailTaken: there is an account with this e-mail.
    """
    if role is AccountRole.GUEST:
        raise InvalidInput("A guest has no password, and is not made by hand.", ("input", "role"))
    account = await _new_account(email, name, role, password)

    async def register() -> Account:
        await account.save(force_create=True)
        return account

    return await run_unless_taken(register)


async def _new_account(
    email: str, name: str, role: AccountRole, password: str | None, locale: str | None = None
) -> Account:
    written, known_as = read_email(email), read_name(name)
    if password is not None:
        check_password(password, email=written, name=known_as)
    return Account(
        email=written,
        email_folded=fold_email(written),
        name=known_as,
        role=role,
        locale=None if locale is None else read_locale(locale),
        # Before the transaction: hashing takes longer than any lock may be kept.
        password_hash=None if password is None else await hash_password(password),
    )


async def _upgrade_guest(account_id: UUID, wanted: Account) -> bool:
    # Only a guest is upgraded, and once: of two at the same time the later finds no guest.
    said = {"locale": wanted.locale} if wanted.locale else {}
    upgraded = await Account.filter(id=account_id, role=AccountRole.GUEST).update(
        email=wanted.email,
        email_folded=wanted.email_folded,
        name=wanted.name,
        role=wanted.role,
        password_hash=wanted.password_hash,
        **said,
    )
    if upgraded:
        # Refresh tokens of before the password must not open the account that now has one.
        await revoke_sessions(account_id)
    return upgraded > 0


async def run_unless_taken(register: Callable[[], Awaitable[T]]) -> T:
    """Run a transaction that gives an e-mail a password.

    Raises:
        EmailTaken: another account with this e-mail has one.
    """
    try:
        return await database.run_transaction(register)
    except IntegrityError as error:
        # The index decides, not a look beforehand: of two at the same time one is refused.
        if getattr(error.args[0], "constraint_name", None) != "account_email":
            raise
        raise EmailTaken from error
