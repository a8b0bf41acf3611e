"""What an e-mail, a name and a new password must be."""

import unicodedata
from importlib.resources import files

from email_validator import EmailNotValidError, validate_email

from bigcat_graphql.accounts.errors import WeakPassword
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.text import fold

_SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
_LONGEST_NAME = 200
_LONGEST_EMAIL = 320  # the column's; RFC 5321 allows 254, which case folding can lengthen
_FEWEST_LETTERS = 3
# Controls, lone surrogates, line and paragraph separators: no part of a name, and PostgreSQL
# refuses NUL and surrogates in text.
_NEVER_IN_NAMES = {"Cc", "Cs", "Zl", "Zp"}
# The heads of every published list of leaked passwords, as far as they have eight characters.
_COMMON = frozenset(
    files("bigcat_graphql.accounts").joinpath("common_passwords.txt").read_text("ascii").split()
)


def read_email(text: str) -> str:
    """Normalise an address; whether it takes mail is not asked.

    Raises:
        InvalidInput: it is not an address.
    """
    try:
        email = validate_email(text.strip(), check_deliverability=False).normalized
    except (EmailNotValidError, UnicodeError):  # lone surrogates cannot be encoded
        raise InvalidInput("This is not an e-mail address.", ("input", "email")) from None
    if len(fold_email(email)) > _LONGEST_EMAIL:
        raise InvalidInput("This e-mail address is too long.", ("input", "email"))
    return email


def fold_email(email: str) -> str:
    """Write an address as it is compared: case does not matter, accents do."""
    return unicodedata.normalize("NFC", email.strip().casefold())


def read_name(text: str) -> str:
    """Trim a person's name.

    Raises:
        InvalidInput: it is empty, longer than 200 characters, or has control characters.
    """
    name = text.strip()
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidInput(f"A name has 1 to {_LONGEST_NAME} characters.", ("input", "name"))
    if any(unicodedata.category(letter) in _NEVER_IN_NAMES for letter in name):
        raise InvalidInput("A name has no control characters.", ("input", "name"))
    return name


def check_password(password: str, *, email: str, name: str) -> None:
    """Refuse a password that is among the first anybody would try.

    Raises:
        WeakPassword: it is shorter than 8 or longer than 1,024 characters, common, made of one or
            two characters, or the owner's own e-mail or name.
    """
    if len(password) < _SHORTEST_PASSWORD:
        raise WeakPassword(f"A password has at least {_SHORTEST_PASSWORD} characters.")
    if len(password) > LONGEST_PASSWORD:
        raise WeakPassword(f"A password has at most {LONGEST_PASSWORD:,} characters.")
    plain = fold(password)
    if plain in _COMMON or len(set(plain)) < _FEWEST_LETTERS:
        raise WeakPassword("This password is among the first that anybody tries.")
    if plain in {fold(email), fold(email.partition("@")[0]), fold(name)}:
        raise WeakPassword("A password is not the e-mail or the name.")
