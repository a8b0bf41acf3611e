"""Who is who: signing up, signing in, tokens, sessions and roles."""

from bigcat_graphql.accounts.credentials import fold_email
from bigcat_graphql.accounts.directory import accounts_by_ids, find_account, find_by_email
from bigcat_graphql.accounts.errors import (
    AuthenticationFailed,
    EmailTaken,
    RateLimited,
    WeakPassword,
)
from bigcat_graphql.accounts.registration import continue_as_guest, create_account, sign_up
from bigcat_graphql.accounts.sessions import SignedIn, refresh_session, sign_in, sign_out
from bigcat_graphql.accounts.tokens import Viewer, authenticate

__all__ = [
    "AuthenticationFailed",
    "EmailTaken",
    "RateLimited",
    "SignedIn",
    "Viewer",
    "WeakPassword",
    "accounts_by_ids",
    "authenticate",
    "continue_as_guest",
    "create_account",
    "find_account",
    "find_by_email",
    "fold_email",
    "refresh_session",
    "sign_in",
    "sign_out",
    "sign_up",
]
