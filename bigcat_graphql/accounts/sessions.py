"""Signing in, staying signed in and signing out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.accounts.credentials import fold_email, read_email
from bigcat_graphql.accounts.errors import AuthenticationFailed
from bigcat_graphql.accounts.passwords import hash_password, is_outdated, verify_password
from bigcat_graphql.accounts.tokens import (
    RefreshClaim,
    read_refresh_token,
    sign_access_token,
    sign_refresh_token,
)
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Account
from bigcat_graphql.settings import get_settings

# Guesses at one account from one address: a stranger elsewhere cannot lock its owner out.
_guesses = Attempts(per_minute=5, burst=10)
# A flood gate: many people share an address, so it is wide, and for all that needs no session.
_visits = Attempts(per_minute=100, burst=200)

_FIND_BY_EMAIL = """
SELECT id, password_hash FROM account WHERE email_folded = $1 AND password_hash IS NOT NULL
"""

_REPLACE_HASH = "UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2"

_OPEN = """
INSERT INTO session (id, account_id, generation, created_at, expires_at)
VALUES ($1, $2, 0, now(), now() + make_interval(secs => $3))
RETURNING expires_at
"""

# The whole rule of rotation in one WHERE clause: of two that come at once one finds no row.
_ROTATE = """
UPDATE session
SET generation = generation + 1, expires_at = now() + make_interval(secs => $3)
WHERE id = $1 AND generation = $2 AND revoked_at IS NULL AND expires_at > now()
RETURNING account_id, generation, expires_at
"""

_REVOKE = """
UPDATE session SET revoked_at = now()
WHERE id = $1 AND generation = $2 AND revoked_at IS NULL AND expires_at > now()
RETURNING account_id
"""

# An older generation was traded in before: two hold a copy, and one of them is not the owner.
_REVOKE_REUSED = """
UPDATE session SET revoked_at = now() WHERE id = $1 AND generation > $2 AND revoked_at IS NULL
"""

_REVOKE_ALL = "UPDATE session SET revoked_at = now() WHERE account_id = $1 AND revoked_at IS NULL"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with its tokens, which are shown to its owner once."""

    access_token: str
    access_token_expires_at: datetime
    refresh_token: str
    refresh_token_expires_at: datetime
    account: Account


@dataclass(frozen=True, slots=True)
class Grant:
    """A session as its transaction left it; `sign` makes the tokens after the commit."""

    account: Account
    session_id: UUID
    generation: int
    expires_at: datetime

    def sign(self) -> SignedIn:
        """Make the tokens."""
        access_token, access_expires_at = sign_access_token(self.account, self.session_id)
        return SignedIn(
            access_token=access_token,
            access_token_expires_at=access_expires_at,
            refresh_token=sign_refresh_token(self.session_id, self.generation),
            refresh_token_expires_at=self.expires_at,
            account=self.account,
        )


async def sign_in(email: str, password: str, *, address: str | None = None) -> SignedIn:
    """Open a session by e-mail and password.

    Args:
        email: Case does not matter.
        password: Compared with the account's; an unknown e-mail takes the same work.
        address: The client's network address, to count attempts by.

    Raises:
        InvalidInput: the e-mail is not an address.
        AuthenticationFailed: WRONG_CREDENTIALS.
        RateLimited: too many attempts at this account, or from this address.
        Busy: too many people are signing in.
    """
    folded = fold_email(read_email(email))
    guess = f"{folded} {address or ''}"
    count_visit(address)
    _guesses.spend(guess)
    row = await database.fetch_one(_FIND_BY_EMAIL, folded)
    stored = row["password_hash"] if row else None
    if not await verify_password(stored, password) or row is None:
        raise AuthenticationFailed("WRONG_CREDENTIALS")
    _guesses.forgive(guess)
    replacement = await hash_password(password) if is_outdated(row["password_hash"]) else None

    async def open_it() -> Grant:
        if replacement:
            await database.execute(_REPLACE_HASH, row["id"], row["password_hash"], replacement)
        return await open_session(await Account.get(id=row["id"]))

    return (await database.run_transaction(open_it)).sign()


async def refresh_session(refresh_token: str) -> SignedIn:
    """Trade a refresh token for a new pair; a role given meanwhile counts from here on.

    A token is good once. Whoever shows it again, be it a thief, a second tab or a client that
    never saw the answer, ends the session for everybody who holds a copy.

    Raises:
        AuthenticationFailed: SESSION_ENDED.
    """
    claim = _read_claim(refresh_token)

    async def rotate() -> Grant | None:
        lifetime_seconds = float(get_settings().refresh_token_seconds)
        row = await database.fetch_one(
            _ROTATE, claim.session_id, claim.generation, lifetime_seconds
        )
        if row is None:
            await _revoke_reused(claim)
            return None  # not raised: the revocation has to be committed
        account = await Account.get(id=row["account_id"])
        return Grant(account, claim.session_id, row["generation"], row["expires_at"])

    grant = await database.run_transaction(rotate)
    if grant is None:
        raise AuthenticationFailed("SESSION_ENDED")
    return grant.sign()


async def sign_out(refresh_token: str, *, everywhere: bool) -> Account:
    """End a session, or all sessions of its account; access tokens run out by themselves.

    Raises:
        AuthenticationFailed: SESSION_ENDED, it was over already.
    """
    claim = _read_claim(refresh_token)

    async def revoke() -> Account | None:
        row = await database.fetch_one(_REVOKE, claim.session_id, claim.generation)
        if row is None:
            await _revoke_reused(claim)
            return None  # not raised: the revocation has to be committed
        if everywhere:
            await revoke_sessions(row["account_id"])
        return await Account.get(id=row["account_id"])

    account = await database.run_transaction(revoke)
    if account is None:
        raise AuthenticationFailed("SESSION_ENDED")
    return account


async def open_session(account: Account) -> Grant:
    """Make a session inside the caller's transaction."""
    session_id = new_id()
    lifetime_seconds = float(get_settings().refresh_token_seconds)
    row = await database.fetch_one(_OPEN, session_id, account.id, lifetime_seconds)
    if row is None:
        raise AssertionError("an INSERT with RETURNING returns its row")
    return Grant(account, session_id, 0, row["expires_at"])


async def revoke_sessions(account_id: UUID) -> None:
    """End all sessions of an account inside the caller's transaction."""
    await database.execute(_REVOKE_ALL, account_id)


def count_visit(address: str | None) -> None:
    """Count somebody who has no session yet.

    Raises:
        RateLimited: too many come from this address.
    """
    if address:
        _visits.spend(address)


def _read_claim(refresh_token: str) -> RefreshClaim:
    claim = read_refresh_token(refresh_token)
    if claim is None:
        raise AuthenticationFailed("SESSION_ENDED")
    return claim


async def _revoke_reused(claim: RefreshClaim) -> None:
    await database.execute(_REVOKE_REUSED, claim.session_id, claim.generation)
