"""Which language somebody reads, and how they write dates: `de`, `de-AT`."""

import re
from uuid import UUID

from babel import Locale, UnknownLocaleError

from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import Account

# Longer ones name things that no message knows of.
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}")


def read_locale(text: str) -> str:
    """Read a language tag, as BCP 47 has them, in the one way that it is kept.

    Of one whose country nobody speaks it in, as far as we know, the language is kept.

    Raises:
        InvalidInput: it is no tag, or of no known language.
    """
    tag = text.strip().replace("-", "_")
    found = (_find(tag) or _find(tag.partition("_")[0])) if _TAG.fullmatch(tag) else None
    if found is None:
        raise InvalidInput("A locale is a language, like de or de-AT.", ("input", "locale"))
    return str(found).replace("_", "-")


async def set_locale(account_id: UUID, locale: str) -> None:
    """Write messages to an account in a locale that `read_locale` read."""
    await Account.filter(id=account_id).update(locale=locale)


def _find(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag)
    except (UnknownLocaleError, ValueError):
        return None
