"""Which language an account reads: what is taken, kept and inherited."""

from uuid import UUID

import pytest

from bigcat_graphql import accounts, database
from bigcat_graphql.accounts import authenticate, read_locale
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import Account


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("de", "de"),
        (" de-at ", "de-AT"),
        ("DE_ch", "de-CH"),
        ("de-US", "de"),  # nobody has written down how they write dates there
        ("zh-Hans-CN", "zh-Hans-CN"),
    ],
)
def test_a_tag_is_kept_in_one_way(said: str, kept: str) -> None:
    assert read_locale(said) == kept


@pytest.mark.parametrize("said", ["", "*", "d", "klingon", "xx", "de-DE; DROP", "de" * 300, "root"])
def test_what_is_no_language_is_refused(said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_locale(said)
    assert refused.value.path == ("input", "locale")


async def locale_of(account_id: UUID) -> str | None:
    return (await Account.get(id=account_id)).locale


@pytest.mark.usefixtures("database")
async def test_a_guest_who_signs_up_keeps_a_locale_unless_another_is_said() -> None:
    guest = await accounts.continue_as_guest("ana@example.com", "Ana", locale="de-AT")
    viewer = authenticate(guest.access_token)
    await accounts.sign_up("ana@example.com", "correct horse", "Ana", viewer=viewer)
    assert await locale_of(viewer.account_id) == "de-AT"

    guest = await accounts.continue_as_guest("eva@example.com", "Eva", locale="de-AT")
    viewer = authenticate(guest.access_token)
    await accounts.sign_up("eva@example.com", "correct horse", "Eva", viewer=viewer, locale="en")
    assert await locale_of(viewer.account_id) == "en"


@pytest.mark.usefixtures("database")
async def test_the_database_keeps_no_other_tags() -> None:
    await accounts.continue_as_guest("ana@example.com", "Ana")
    for wrong in ("", "DE", "de_AT", "de\nX"):
        with pytest.raises(Exception, match="account_locale"):
            await database.execute("UPDATE account SET locale = $1", wrong)
