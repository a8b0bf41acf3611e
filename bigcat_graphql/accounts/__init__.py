"""Who is who: signing up, signing in, tokens, sessions and roles."""

from bigcat_graphql.accounts.code_sign_in import sign_in_with_email_code
from bigcat_graphql.accounts.credentials import fold_email, read_email
from bigcat_graphql.accounts.directory import accounts_by_ids, find_account, find_by_email
from bigcat_graphql.accounts.email_codes import (
    EMAIL_CODE,
    MailedCode,
    draw_email_code,
    request_email_code,
)
from bigcat_graphql.accounts.errors import (
    AuthenticationFailed,
    EmailTaken,
    RateLimited,
    WeakPassword,
    WrongEmailCode,
)
from bigcat_graphql.accounts.locales import read_locale, set_locale
from bigcat_graphql.accounts.phones import read_phone, set_phone
from bigcat_graphql.accounts.registration import continue_as_guest, create_account, sign_up
from bigcat_graphql.accounts.sessions import SignedIn, refresh_session, sign_in, sign_out
from bigcat_graphql.accounts.tokens import Viewer, authenticate

__all__ = [
    "EMAIL_CODE",
    "AuthenticationFailed",
    "EmailTaken",
    "MailedCode",
    "RateLimited",
    "SignedIn",
    "Viewer",
    "WeakPassword",
    "WrongEmailCode",
    "accounts_by_ids",
    "authenticate",
    "continue_as_guest",
    "create_account",
    "draw_email_code",
    "find_account",
    "find_by_email",
    "fold_email",
    "read_email",
    "read_locale",
    "read_phone",
    "refresh_session",
    "request_email_code",
    "set_locale",
    "set_phone",
    "sign_in",
    "sign_in_with_email_code",
    "sign_out",
    "sign_up",
]
