"""Signed tokens: what a client shows to say who it is, checked without asking the database."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import Unauthenticated
from bigcat_graphql.models import Account, AccountRole
from bigcat_graphql.settings import get_settings

_ALGORITHM = "HS256"
_ISSUER = "bigcat"
_ACCESS = "access"
_REFRESH = "refresh"
# Ours have some 300 characters; what is much longer is not worth decoding.
_LONGEST_TOKEN = 1024
# Whatever a forged token makes the decoder raise; deeply nested JSON exhausts the stack.
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking, as of when the access token was made; good until `expires_at`."""

    account_id: UUID
    role: AccountRole
    expires_at: datetime

    def may(self, role: AccountRole) -> bool:
        """Say whether the viewer may do what this role may."""
        return self.role.includes(role)


@dataclass(frozen=True, slots=True)
class RefreshClaim:
    """What a refresh token says: a session, and how often it had been refreshed."""

    session_id: UUID
    generation: int


def sign_access_token(account: Account, session_id: UUID) -> tuple[str, datetime]:
    """Make a token for some minutes, and tell when it ends."""
    lifetime = timedelta(seconds=get_settings().access_token_seconds)
    expires_at = (utc_now() + lifetime).replace(microsecond=0)
    claims = {
        "sub": account.id.hex,
        "sid": session_id.hex,
        "role": account.role.value,
        "exp": int(expires_at.timestamp()),
    }
    return _sign(claims, _ACCESS), expires_at


def authenticate(access_token: str) -> Viewer:
    """Tell who shows this token.

    Raises:
        Unauthenticated: it is not ours, over, or no access token.
    """
    try:
        viewer = _read_viewer(access_token, get_settings().secret_key)
    except _UNREADABLE:
        raise Unauthenticated from None
    if viewer.expires_at <= utc_now():
        raise Unauthenticated
    return viewer


@lru_cache(maxsize=4_096)
def _read_viewer(access_token: str, _: str) -> Viewer:
    """Check a signature once: a client shows the same token with each of its requests.

    What a token says never changes, save that its time runs out, which is asked each time. The
    secret is an argument so that another one begins anew.
    """
    claims = _read(access_token, _ACCESS)
    return Viewer(
        account_id=UUID(claims["sub"]),
        role=AccountRole(claims["role"]),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


def sign_refresh_token(session_id: UUID, generation: int) -> str:
    """Make a token for one refresh; its time is the session's, which the database keeps."""
    return _sign({"sid": session_id.hex, "gen": generation}, _REFRESH)


def read_refresh_token(token: str) -> RefreshClaim | None:
    """Tell which session a token is of; None when it is not ours."""
    try:
        claims = _read(token, _REFRESH)
        return RefreshClaim(UUID(str(claims["sid"])), int(claims["gen"]))
    except _UNREADABLE:
        return None


def _sign(claims: dict[str, Any], purpose: str) -> str:
    stamped = {"iss": _ISSUER, "aud": purpose, **claims}
    return jwt.encode({"alg": _ALGORITHM}, stamped, _key(purpose), algorithms=[_ALGORITHM])


def _read(token: str, purpose: str) -> dict[str, Any]:
    if len(token) > _LONGEST_TOKEN:
        raise ValueError("too long")
    decoded = jwt.decode(token, _key(purpose), algorithms=[_ALGORITHM])
    registry = jwt.JWTClaimsRegistry(
        now=int(utc_now().timestamp()),
        iss={"essential": True, "value": _ISSUER},
        aud={"essential": True, "value": purpose},
    )
    registry.validate(decoded.claims)
    return decoded.claims


def _key(purpose: str) -> OctKey:
    return _derive_key(get_settings().secret_key, purpose)


@lru_cache(maxsize=8)
def _derive_key(secret: str, purpose: str) -> OctKey:
    # A key each, so that one kind of token can never pass for the other whatever its claims say.
    label = f"bigcat {purpose} token".encode()
    return OctKey.import_key(hmac.digest(secret.encode(), label, hashlib.sha256))
