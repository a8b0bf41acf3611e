"""signInWithEmailCode: a session for who reads the mail of an address, whatever they forgot."""

from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.accounts.credentials import check_password, fold_email, read_email
from bigcat_graphql.accounts.errors import WeakPassword, WrongEmailCode
from bigcat_graphql.accounts.passwords import hash_password, verify_password
from bigcat_graphql.accounts.registration import run_unless_taken
from bigcat_graphql.accounts.sessions import (
    Grant,
    SignedIn,
    count_visit,
    open_session,
    revoke_sessions,
)
from bigcat_graphql.accounts.tokens import Viewer
from bigcat_graphql.models import Account, AccountRole

# Guesses at one address from one client; the row's own count holds whoever guesses.
_guesses = Attempts(per_minute=5, burst=10)

# A try is counted before it is known to be right: of many at once no more than these are heard.
_TRY = """
UPDATE email_code SET tries_left = tries_left - 1
WHERE email_folded = $1 AND code_hash IS NOT NULL AND valid_until > now() AND tries_left > 0
RETURNING id, code_hash
"""

# Once: of two that bring the right code at the same time one deletes the row.
_USE = "DELETE FROM email_code WHERE id = $1 AND code_hash = $2 RETURNING id"

# The account with a password, else the one that proved its e-mail, else the caller's own guest.
_FIND_ACCOUNTS = """
SELECT id, name, locale, password_hash, email_verified_at FROM account WHERE email_folded = $1
ORDER BY (password_hash IS NOT NULL) DESC, (email_verified_at IS NOT NULL) DESC, (id = $2) DESC,
         created_at DESC, id DESC
LIMIT 2
FOR NO KEY UPDATE
"""

_VERIFY = """
UPDATE account
SET email_verified_at = coalesce(email_verified_at, now()),
    password_hash = coalesce($2, password_hash),
    role = CASE WHEN $2::text IS NOT NULL AND role = 'GUEST' THEN 'BUYER' ELSE role END
WHERE id = $1
"""

# Bookings that guests made with this e-mail come to who reads its mail. PENDING ones stay with the
# device that is paying for them, unless it is the caller's.
_GATHER_BOOKINGS = """
UPDATE booking b SET account_id = $1
FROM account guest
WHERE guest.email_folded = $2 AND guest.role = 'GUEST' AND guest.id <> $1
  AND b.account_id = guest.id AND (b.status <> 'PENDING' OR guest.id = $3)
"""


async def sign_in_with_email_code(
    email: str,
    code: str,
    *,
    new_password: str | None = None,
    viewer: Viewer | None = None,
    address: str | None = None,
) -> SignedIn:
    """Open a session by a mailed code: the e-mail is verified, and guests' bookings come along.

    Args:
        email: Where the code was sent; case does not matter.
        code: Good once; case, blanks and dashes do not matter.
        new_password: Ends all other sessions; makes a buyer of a guest.
        viewer: Who asks; a guest with this e-mail stays who they are.
        address: The client's network address, to count attempts by.

    Raises:
        InvalidInput: this is not an e-mail address.
        WeakPassword: the new password is too easy to guess.
        WrongEmailCode: the code is not the last one sent there, was used, or is over.
        RateLimited: too many attempts at this e-mail from this client.
        Busy: too many people are signing in.
    """
    written = read_email(email)
    folded = fold_email(written)
    _check_new_password(new_password, written)
    count_visit(address)
    guess = f"{folded} {address or ''}"
    _guesses.spend(guess)
    tried = await database.fetch_one(_TRY, folded)
    if not await verify_password(tried["code_hash"] if tried else None, _plain(code)) or not tried:
        raise WrongEmailCode("WRONG_CREDENTIALS")
    _guesses.forgive(guess)
    password_hash = await hash_password(new_password) if new_password is not None else None

    async def work() -> Grant:
        if await database.fetch_one(_USE, tried["id"], tried["code_hash"]) is None:
            raise WrongEmailCode("WRONG_CREDENTIALS")
        return await _enter(written, viewer, password_hash)

    return (await run_unless_taken(work)).sign()


async def _enter(email: str, viewer: Viewer | None, password_hash: str | None) -> Grant:
    """Choose the account of a proven e-mail, and open it; inside the caller's transaction."""
    folded = fold_email(email)
    viewer_id = viewer.account_id if viewer else None
    found = await database.fetch_all(_FIND_ACCOUNTS, folded, viewer_id)
    account_id, is_known = await _choose(email, found, viewer_id)
    await database.execute(_VERIFY, account_id, password_hash)
    await database.execute(_GATHER_BOOKINGS, account_id, folded, viewer_id)
    if password_hash is not None or not is_known:
        # Whoever opened them had proved nothing: they may be a stranger who typed this e-mail.
        await revoke_sessions(account_id)
    return await open_session(await Account.get(id=account_id))


async def _choose(email: str, found: list[Record], viewer_id: UUID | None) -> tuple[UUID, bool]:
    """Choose an account, and say whether its sessions are surely of who reads the mail."""
    if not found:
        raise WrongEmailCode("WRONG_CREDENTIALS")
    first = found[0]
    is_known = first["email_verified_at"] is not None or first["id"] == viewer_id
    if is_known or first["password_hash"] is not None or len(found) == 1:
        return first["id"], is_known
    # Several guests typed this e-mail and none has proved it: none of them is handed the bookings
    # of the others, whose access tokens live on for some minutes.
    account = await Account.create(
        email=email,
        email_folded=fold_email(email),
        name=first["name"],
        locale=first["locale"],
        role=AccountRole.GUEST,
    )
    return account.id, True


def _check_new_password(password: str | None, email: str) -> None:
    if password is None:
        return
    try:
        check_password(password, email=email, name="")
    except WeakPassword as weak:
        raise WeakPassword(weak.reason, ("input", "newPassword")) from None


def _plain(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter.isalnum())
