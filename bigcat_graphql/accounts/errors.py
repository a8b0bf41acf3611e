"""Facts that keep somebody out."""

from dataclasses import dataclass
from typing import Literal

from bigcat_graphql.errors import Busy, DomainError

_MESSAGES = {
    "WRONG_CREDENTIALS": "The e-mail or the password is wrong.",
    "SESSION_ENDED": "This session is over: sign in again.",
}


@dataclass(eq=False)
class AuthenticationFailed(DomainError):
    """Who this is could not be established."""

    code: Literal["WRONG_CREDENTIALS", "SESSION_ENDED"]

    @property
    def message(self) -> str:
        """Say it without telling which half was wrong."""
        return _MESSAGES[self.code]


@dataclass(eq=False)
class WrongEmailCode(AuthenticationFailed):
    """The code is wrong, was used, or its time is over: ask for a new one."""

    path: tuple[str, ...] = ("input", "code")

    @property
    def message(self) -> str:
        """Say it without telling which of these it is."""
        return (type(self).__doc__ or "").strip()


@dataclass(eq=False)
class EmailTaken(DomainError):
    """There is an account with this e-mail: sign in instead."""

    path: tuple[str, ...] = ("input", "email")

    code = "EMAIL_TAKEN"


@dataclass(eq=False)
class WeakPassword(DomainError):
    """This password is too easy to guess."""

    reason: str
    path: tuple[str, ...] = ("input", "password")

    code = "WEAK_PASSWORD"

    @property
    def message(self) -> str:
        """Say the rule."""
        return self.reason


@dataclass(eq=False)
class RateLimited(Busy):
    """Too many attempts: nothing was done, wait a little."""

    code = "RATE_LIMITED"
