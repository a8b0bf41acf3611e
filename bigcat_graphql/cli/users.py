"""`bigcat user create`."""

import getpass
import sys

from bigcat_graphql import accounts
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import Refused, show
from bigcat_graphql.models import Account, AccountRole


def create_user(
    email: str,
    *,
    role: str,
    name: str | None,
    phone: str | None = None,
    locale: str | None = None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make an account unless it is there; a phone number and a locale are set either way."""
    number = accounts.read_phone(phone) if phone else None
    reads = accounts.read_locale(locale) if locale else None
    password = _read_password(from_stdin=password_stdin)
    wanted = AccountRole(role.upper())
    called = name if name is not None else email.partition("@")[0]

    async def ensure() -> tuple[Account, bool]:
        account, created = await ensure_account(email, called, wanted, password)
        if number:
            await accounts.set_phone(account.id, number)
        if reads:
            await accounts.set_locale(account.id, reads)
        return account, created

    account, created = run_on_database(ensure)
    text = f"{account.email} is {'now' if created else 'already'} {role}."
    facts = {"id": str(account.id), "email": account.email, "name": account.name, "role": role}
    show({**facts, "created": created}, text, as_json=as_json)


async def ensure_account(
    email: str, name: str, role: AccountRole, password: str
) -> tuple[Account, bool]:
    """Make an account, and tell whether it is new; one that is there keeps name and password.

    Raises:
        Refused: it is there with another role.
        InvalidInput: the e-mail or the name makes no sense.
        WeakPassword: the password is too easy to guess.
    """
    account = await accounts.find_by_email(email)
    if account is None:
        return await accounts.create_account(email, name, role, password), True
    if account.role is not role:
        raise Refused(f"{account.email} is there already, with role {account.role.lower()}.")
    return account, False


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Refused("Nobody is there to type a password: send it with --password-stdin.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise Refused("The two passwords differ; nothing was done.")
    return password
