"""requestEmailCode and signInWithEmailCode: results, and each error once."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from bigcat_graphql import accounts, database
from bigcat_graphql.accounts import code_sign_in, email_codes
from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.models import AccountRole
from tests.resolvers.asking import read
from tests.scenes import make_account

pytestmark = pytest.mark.usefixtures("database")

_ERRORS = "errors { __typename ... on UserError { message code path } }"
_REQUEST = f"""
mutation ($input: RequestEmailCodeInput!) {{
  requestEmailCode(input: $input) {{ validUntil {_ERRORS} }}
}}
"""
_SIGN_IN = f"""
mutation ($input: SignInWithEmailCodeInput!) {{
  signInWithEmailCode(input: $input) {{
    session {{ accessToken account {{ email emailVerified role }} }} {_ERRORS}
  }}
}}
"""
_EMAIL = "ada@example.org"


@pytest.fixture(autouse=True)
def _no_attempts_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_codes, "_mails", Attempts(per_minute=0.001, burst=1))
    monkeypatch.setattr(code_sign_in, "_guesses", Attempts(per_minute=0.001, burst=3))


async def _run(document: str, **given: object) -> dict[str, Any]:
    [payload] = (await read(document, None, input=given)).values()
    return dict(payload)


async def _mailed_code() -> str:
    row = await database.fetch_one("SELECT payload FROM job ORDER BY id DESC LIMIT 1")
    assert row is not None
    mailed = await accounts.draw_email_code(UUID(orjson.loads(row["payload"])["request"]))
    assert mailed is not None
    return mailed.code


async def test_a_code_signs_in_and_sets_a_password() -> None:
    await make_account(AccountRole.GUEST, email=_EMAIL)
    asked = await _run(_REQUEST, email=_EMAIL)
    assert asked["validUntil"]

    payload = await _run(
        _SIGN_IN, email=_EMAIL, code=await _mailed_code(), newPassword="correct horse"
    )

    assert payload["errors"] == []
    assert payload["session"]["account"] == {
        "email": _EMAIL,
        "emailVerified": True,
        "role": "BUYER",
    }


async def test_an_unknown_email_is_answered_as_a_known_one() -> None:
    payload = await _run(_REQUEST, email="nobody@example.org")

    assert payload["validUntil"]
    assert payload["errors"] == []


async def test_who_asks_too_often_is_told_to_wait() -> None:
    await _run(_REQUEST, email=_EMAIL)

    (error,) = (await _run(_REQUEST, email=_EMAIL))["errors"]

    assert (error["__typename"], error["code"]) == ("TryAgainError", "RATE_LIMITED")


async def test_what_is_no_email_is_told_so() -> None:
    (error,) = (await _run(_REQUEST, email="ada"))["errors"]

    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "email"])


async def test_a_wrong_code_is_told_without_saying_what_is_wrong() -> None:
    (error,) = (await _run(_SIGN_IN, email=_EMAIL, code="WRONGONE"))["errors"]

    assert error == {
        "__typename": "AuthenticationFailedError",
        "message": "The code is wrong, was used, or its time is over: ask for a new one.",
        "code": "WRONG_CREDENTIALS",
        "path": ["input", "code"],
    }


async def test_a_weak_password_is_told_of() -> None:
    (error,) = (await _run(_SIGN_IN, email=_EMAIL, code="WRONGONE", newPassword="short"))["errors"]

    assert (error["code"], error["path"]) == ("WEAK_PASSWORD", ["input", "newPassword"])


async def test_who_guesses_too_often_is_told_to_wait() -> None:
    for _ in range(3):
        await _run(_SIGN_IN, email=_EMAIL, code="WRONGONE")

    (error,) = (await _run(_SIGN_IN, email=_EMAIL, code="WRONGONE"))["errors"]

    assert (error["__typename"], error["code"]) == ("TryAgainError", "RATE_LIMITED")
