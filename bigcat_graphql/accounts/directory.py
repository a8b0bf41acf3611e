"""Looking accounts up."""

from collections.abc import Sequence
from uuid import UUID

from bigcat_graphql.accounts.credentials import fold_email, read_email
from bigcat_graphql.accounts.tokens import Viewer
from bigcat_graphql.models import Account, AccountRole


async def find_account(viewer: Viewer, account_id: UUID) -> Account | None:
    """Give an account to itself and to admins; to others it does not exist."""
    if viewer.account_id != account_id and not viewer.may(AccountRole.ADMIN):
        return None
    return await Account.get_or_none(id=account_id)


async def accounts_by_ids(ids: Sequence[UUID]) -> dict[UUID, Account]:
    """Give those of the accounts that exist; who may see them is the caller's to know."""
    return {account.id: account for account in await Account.filter(id__in=list(ids))}


async def find_by_email(email: str) -> Account | None:
    """Find the account with a password that has this e-mail, for the command line.

    Raises:
        InvalidInput: the e-mail is not an address.
    """
    folded = fold_email(read_email(email))
    return await Account.get_or_none(email_folded=folded, password_hash__isnull=False)
