"""Numbers that texts about bookings go to."""

import re
from uuid import UUID

from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import Account

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def read_phone(text: str) -> str:
    """Read a number as people write it, `+49 30 1234-567`.

    Raises:
        InvalidInput: it does not begin with + and a country, or is too short or long.
    """
    phone = re.sub(r"[\s()./-]", "", text)
    if not _E164.fullmatch(phone):
        raise InvalidInput("A phone number is like +49 30 1234567.", ("input", "phone"))
    return phone


async def set_phone(account_id: UUID, phone: str) -> None:
    """Send texts about an account's bookings to a number that `read_phone` read."""
    await Account.filter(id=account_id).update(phone=phone)
