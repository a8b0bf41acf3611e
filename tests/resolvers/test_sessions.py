"""signUp, signIn, refreshSession, signOut and continueAsGuest: results, and each error once."""

from typing import Any

import pytest

from bigcat_graphql.accounts import authenticate
from bigcat_graphql.schema.context import Context
from tests.resolvers.asking import ask_within, hold, read
from tests.scenes import make_concert

pytestmark = pytest.mark.usefixtures("database")

_SESSION = """
session {
  accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt
  account { id name email role }
}
errors {
  __typename
  ... on UserError { code path }
  ... on TryAgainError { retryAfterSeconds }
}
"""
_SIGN_UP = f"mutation ($input: SignUpInput!) {{ signUp(input: $input) {{ {_SESSION} }} }}"
_SIGN_IN = f"mutation ($input: SignInInput!) {{ signIn(input: $input) {{ {_SESSION} }} }}"
_REFRESH = """
mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) {
    session { refreshToken } errors { __typename ... on UserError { code path } }
  }
}
"""
_SIGN_OUT = """
mutation ($input: SignOutInput!) {
  signOut(input: $input) {
    account { email } errors { __typename ... on UserError { code path } }
  }
}
"""
_GUEST = f"""
mutation ($input: ContinueAsGuestInput!) {{ continueAsGuest(input: $input) {{ {_SESSION} }} }}
"""
_ADA = {"email": "ada@example.org", "password": "correct horse", "name": "Ada"}


async def run(document: str, context: Context | None = None, /, **given: object) -> dict[str, Any]:
    answer = await ask_within(context or Context(), document, input=given)
    assert not answer.errors
    [payload] = answer.data.values()
    assert isinstance(payload, dict)
    return payload


def only(payload: dict[str, Any], result: str = "session") -> dict[str, Any]:
    """Give the one error of a payload that has no result."""
    assert payload[result] is None
    [error] = payload["errors"]
    assert isinstance(error, dict)
    return error


async def sign_up() -> dict[str, Any]:
    session = (await run(_SIGN_UP, **_ADA))["session"]
    assert isinstance(session, dict)
    return session


async def test_a_new_account_is_a_buyer_and_signed_in() -> None:
    session = await sign_up()
    assert session["account"]["role"] == "BUYER"
    assert session["account"]["email"] == "ada@example.org"
    viewer = authenticate(session["accessToken"])
    me = await read("{ me { id name } }", viewer)
    assert me == {"me": {"id": session["account"]["id"], "name": "Ada"}}


async def test_a_guest_who_signs_up_keeps_the_bookings() -> None:
    guest = await run(_GUEST, email="ada@example.org", name="Ada")
    assert guest["session"]["account"]["role"] == "GUEST"
    viewer = authenticate(guest["session"]["accessToken"])
    await hold(viewer, await make_concert(), 0)

    signed_up = await run(_SIGN_UP, Context(viewer=viewer), **_ADA)
    viewer = authenticate(signed_up["session"]["accessToken"])
    counted = await read("{ me { role bookings { totalCount } } }", viewer)
    assert counted == {"me": {"role": "BUYER", "bookings": {"totalCount": 1}}}


@pytest.mark.parametrize(
    ("other", "code", "path"),
    [
        ({"email": "nobody"}, "INVALID_INPUT", ["input", "email"]),
        ({"name": ""}, "INVALID_INPUT", ["input", "name"]),
        ({"password": "short"}, "WEAK_PASSWORD", ["input", "password"]),
        ({}, "EMAIL_TAKEN", ["input", "email"]),
    ],
)
async def test_what_makes_no_account_is_named(
    other: dict[str, str], code: str, path: list[str]
) -> None:
    await sign_up()
    error = only(await run(_SIGN_UP, **{**_ADA, **other}))
    assert error["__typename"] == "InvalidInputError"
    assert (error["code"], error["path"]) == (code, path)


async def test_the_password_opens_a_session() -> None:
    await sign_up()
    payload = await run(_SIGN_IN, email="ADA@example.org", password="correct horse")
    assert payload["session"]["accessToken"]


async def test_a_wrong_password_is_not_told_from_an_unknown_email() -> None:
    await sign_up()
    for email in ("ada@example.org", "unknown@example.org"):
        error = only(await run(_SIGN_IN, email=email, password="wrong horse"))
        assert error["__typename"] == "AuthenticationFailedError"
        assert (error["code"], error["path"]) == ("WRONG_CREDENTIALS", None)


async def test_an_empty_email_does_not_sign_in() -> None:
    error = only(await run(_SIGN_IN, email="", password="wrong horse"))
    assert error["__typename"] in {"InvalidInputError", "AuthenticationFailedError"}


async def test_too_many_attempts_have_to_wait() -> None:
    context = Context(client_address="192.0.2.77")
    wrong = {"email": "x@example.org", "password": "wrong horse"}
    for _ in range(10):
        await run(_SIGN_IN, context, **wrong)
    error = only(await run(_SIGN_IN, context, **wrong))
    assert (error["__typename"], error["code"]) == ("TryAgainError", "RATE_LIMITED")
    assert error["retryAfterSeconds"] >= 1


async def test_a_refresh_token_is_good_for_once() -> None:
    session = await sign_up()
    refreshed = await run(_REFRESH, refreshToken=session["refreshToken"])
    assert refreshed["session"]["refreshToken"] != session["refreshToken"]
    error = only(await run(_REFRESH, refreshToken=session["refreshToken"]))
    assert error["__typename"] == "AuthenticationFailedError"
    assert (error["code"], error["path"]) == ("SESSION_ENDED", ["input", "refreshToken"])


async def test_after_signing_out_the_session_is_over() -> None:
    session = await sign_up()
    payload = await run(_SIGN_OUT, refreshToken=session["refreshToken"], everywhere=True)
    assert payload == {"account": {"email": "ada@example.org"}, "errors": []}
    error = only(await run(_REFRESH, refreshToken=session["refreshToken"]))
    assert error["code"] == "SESSION_ENDED"


async def test_a_forged_token_signs_nobody_out() -> None:
    error = only(await run(_SIGN_OUT, refreshToken="forged"), "account")
    assert (error["__typename"], error["code"]) == ("AuthenticationFailedError", "SESSION_ENDED")


async def test_a_guest_needs_an_email() -> None:
    error = only(await run(_GUEST, email="nobody", name="Ada"))
    assert (error["__typename"], error["path"]) == ("InvalidInputError", ["input", "email"])


async def test_a_visitor_is_nobody() -> None:
    assert await read("{ me { id } }") == {"me": None}


@pytest.mark.parametrize(
    ("said", "header", "kept"),
    [
        ({"locale": "de-at"}, "en-US", "de-AT"),
        ({}, "de-DE,de;q=0.9,en;q=0.8", "de-DE"),
        ({}, "en;q=0.5, *, tlh, de-CH;q=0.7", "de-CH"),
        ({"locale": None}, "fr;q=0, en;q=0.1", "en"),
        ({}, "*", None),
        ({}, ",;q=,de;q=x, ;;,-", None),
        ({}, None, None),
    ],
)
@pytest.mark.parametrize("document", [_GUEST, _SIGN_UP])
async def test_an_account_reads_what_it_says_or_what_its_browser_does(
    document: str, said: dict[str, str | None], header: str | None, kept: str | None
) -> None:
    ada = _ADA if document is _SIGN_UP else {"email": "ada@example.org", "name": "Ada"}
    payload = await run(document, Context(accept_language=header), **ada, **said)
    viewer = authenticate(payload["session"]["accessToken"])
    assert await read("{ me { locale } }", viewer) == {"me": {"locale": kept}}


async def test_a_locale_that_is_none_is_named() -> None:
    error = only(await run(_SIGN_UP, **_ADA, locale="Deutsch"))
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "locale"])
