"""`bigcat user create`."""

import pytest

from bigcat_graphql import accounts
from bigcat_graphql.accounts import authenticate
from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.models import AccountRole
from tests.cli.running import Call, answer_of, assert_refused, bigcat


async def test_an_account_is_made_once(database: DatabaseUrl) -> None:
    words = ("user", "create", "Ana@example.com", "--role", "organizer", "--password-stdin")
    first = await bigcat(*words, "--json", database=database, typed="correct horse\n")
    second = await bigcat(*words, "--json", database=database, typed="another horse\n")
    assert answer_of(first)["created"]
    assert answer_of(second) == {**answer_of(first), "created": False}
    session = await accounts.sign_in("ana@example.com", "correct horse")
    assert authenticate(session.access_token).role is AccountRole.ORGANIZER
    assert session.account.name == "Ana"


async def test_an_account_does_not_change_its_role_unasked(database: DatabaseUrl) -> None:
    await accounts.create_account("ana@example.com", "Ana", AccountRole.BUYER, "correct horse")
    words = ("user", "create", "ana@example.com", "--role", "ADMIN", "--password-stdin")
    done = await bigcat(*words, database=database, typed="correct horse")
    assert_refused(done, 1, "ana@example.com", "role buyer")


async def test_an_account_can_be_given_a_language(database: DatabaseUrl) -> None:
    words = ("user", "create", "ana@example.com", "--password-stdin", "--locale")
    for said in ("de", "en-gb"):
        await bigcat(*words, said, database=database, typed="correct horse\n")
    account = await accounts.find_by_email("ana@example.com")
    assert account is not None
    assert account.locale == "en-GB"
    done = await bigcat(*words, "German", database=database, typed="correct horse\n")
    assert_refused(done, 1, "like de or de-AT")


@pytest.mark.parametrize(
    ("email", "typed", "word"),
    [
        ("ana", "correct horse", "e-mail"),
        ("ana@example.com", "short", "at least 8"),
        ("ana@example.com", "", "at least 8"),
    ],
)
async def test_an_account_that_makes_no_sense_is_refused(
    database: DatabaseUrl, email: str, typed: str, word: str
) -> None:
    words = ("user", "create", email, "--password-stdin")
    assert_refused(await bigcat(*words, database=database, typed=typed), 1, word)


def test_without_a_terminal_the_password_has_to_be_sent(call: Call) -> None:
    assert_refused(call("user", "create", "ana@example.com"), 1, "--password-stdin")


def test_a_role_that_is_not_given_by_hand_is_wrong_usage(call: Call) -> None:
    assert call("user", "create", "ana@example.com", "--role", "guest").returncode == 2
