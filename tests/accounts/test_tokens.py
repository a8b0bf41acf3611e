"""Signed tokens: only ours are read, and only for what they are meant."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey
from joserfc.util import urlsafe_b64encode

from bigcat_graphql.accounts import Viewer, authenticate, tokens
from bigcat_graphql.accounts.tokens import (
    RefreshClaim,
    read_refresh_token,
    sign_access_token,
    sign_refresh_token,
)
from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import Unauthenticated
from bigcat_graphql.models import Account, AccountRole
from bigcat_graphql.settings import override_settings

SESSION = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def account(role: AccountRole = AccountRole.BUYER) -> Account:
    return Account(email="ana@example.com", email_folded="ana@example.com", name="Ana", role=role)


def forge(
    changes: dict[str, object] | None = None,
    *,
    key: OctKey | None = None,
    algorithm: str = "HS256",
) -> str:
    whole: dict[str, Any] = {
        "iss": "bigcat",
        "aud": "access",
        "sub": uuid4().hex,
        "sid": SESSION.hex,
        "role": "ADMIN",
        "exp": int(utc_now().timestamp()) + 60,
        **(changes or {}),
    }
    given = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode({"alg": algorithm}, given, key or tokens._key("access"), [algorithm])


@pytest.mark.parametrize("role", AccountRole)
def test_a_token_tells_whose_it_is(role: AccountRole) -> None:
    ana = account(role)
    token, expires_at = sign_access_token(ana, SESSION)
    assert authenticate(token) == Viewer(ana.id, role, expires_at)


def test_a_token_ends_when_the_settings_say() -> None:
    before = utc_now().replace(microsecond=0)
    with override_settings(access_token_seconds=600):
        _, expires_at = sign_access_token(account(), SESSION)
    assert before <= expires_at - timedelta(seconds=600) <= utc_now()


def test_a_token_that_is_over_is_refused() -> None:
    with override_settings(access_token_seconds=-1):
        token, _ = sign_access_token(account(), SESSION)
    with pytest.raises(Unauthenticated):
        authenticate(token)


def test_the_forger_of_these_tests_could_make_a_good_one() -> None:
    assert authenticate(forge()).role is AccountRole.ADMIN


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "role", "exp"])
def test_a_token_that_lacks_a_claim_is_refused(claim: str) -> None:
    with pytest.raises(Unauthenticated):
        authenticate(forge({claim: None}))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "tiger"),
        ("aud", "refresh"),
        ("sub", "me"),
        ("sub", 7),
        ("role", "KING"),
        ("role", []),
        ("exp", "tomorrow"),
        ("exp", 10**40),
        ("exp", True),
    ],
)
def test_a_token_with_an_odd_claim_is_refused(claim: str, value: object) -> None:
    with pytest.raises(Unauthenticated):
        authenticate(forge({claim: value}))


def test_a_token_signed_by_another_secret_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        authenticate(forge(key=OctKey.import_key(b"k" * 32)))


def test_a_token_does_not_outlive_its_secret() -> None:
    token, _ = sign_access_token(account(), SESSION)
    with (
        override_settings(secret_key="another secret of 32 characters!"),
        pytest.raises(Unauthenticated),
    ):
        authenticate(token)


def test_another_algorithm_is_refused_even_under_the_right_key() -> None:
    with pytest.raises(Unauthenticated):
        authenticate(forge(algorithm="HS512"))


def test_an_unsigned_token_is_refused() -> None:
    body = forge().split(".")[1]
    header = urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode()
    with pytest.raises(Unauthenticated):
        authenticate(f"{header}.{body}.")


def test_a_changed_token_is_refused() -> None:
    header, body, signature = forge().split(".")
    other = forge({"role": "GUEST"}).split(".")[1]
    assert other != body
    with pytest.raises(Unauthenticated):
        authenticate(f"{header}.{other}.{signature}")


def test_a_deeply_nested_header_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        authenticate(urlsafe_b64encode(b'{"a":' * 140).decode() + ".e30.AAAA")


@given(st.text())
@example("")
@example("..")
@example("e30.e30.e30")
@example("W10.W10.W10")
@example("\ud800.\ud800.\ud800")
@example("." * 5000)
def test_no_text_breaks_the_reading_of_tokens(text: str) -> None:
    with pytest.raises(Unauthenticated):
        authenticate(text)
    assert read_refresh_token(text) is None


def test_a_refresh_token_tells_session_and_generation() -> None:
    assert read_refresh_token(sign_refresh_token(SESSION, 3)) == RefreshClaim(SESSION, 3)


def test_neither_kind_of_token_passes_for_the_other() -> None:
    access_token, _ = sign_access_token(account(), SESSION)
    assert read_refresh_token(access_token) is None
    with pytest.raises(Unauthenticated):
        authenticate(sign_refresh_token(SESSION, 0))


@pytest.mark.parametrize(
    ("role", "other", "may"),
    [
        (AccountRole.GUEST, AccountRole.GUEST, True),
        (AccountRole.GUEST, AccountRole.BUYER, False),
        (AccountRole.ORGANIZER, AccountRole.BUYER, True),
        (AccountRole.ORGANIZER, AccountRole.ADMIN, False),
        (AccountRole.ADMIN, AccountRole.ORGANIZER, True),
    ],
)
def test_a_role_includes_those_before_it(role: AccountRole, other: AccountRole, may: bool) -> None:
    assert Viewer(uuid4(), role, utc_now()).may(other) is may
