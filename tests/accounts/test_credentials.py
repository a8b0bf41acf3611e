"""What an e-mail, a name and a new password must be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.accounts.credentials import check_password, fold_email, read_email, read_name
from bigcat_graphql.accounts.errors import WeakPassword
from bigcat_graphql.errors import InvalidInput

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)


def weigh(password: str) -> None:
    check_password(password, email="ana.sousa@example.com", name="Ana de Sousa")


def test_an_email_is_trimmed_and_its_host_lowered() -> None:
    assert read_email("  Ana@EXAMPLE.com ") == "Ana@example.com"


def test_case_does_not_tell_two_emails_apart() -> None:
    assert fold_email(read_email("ANA@Example.com")) == fold_email(read_email("ana@example.COM"))


def test_accents_tell_two_emails_apart() -> None:
    assert fold_email("josé@example.com") != fold_email("jose@example.com")


def test_one_address_in_two_normal_forms_is_one() -> None:
    composed, decomposed = read_email("jos\u00e9@example.com"), read_email("jose\u0301@example.com")
    assert fold_email(composed) == fold_email(decomposed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example",
        "a b@example.com",
        "ana@localhost",
        "a\x00@example.com",
        "\ud800@example.com",
        "ana@\ud800.com",
        "a" * 400 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused_by_path(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_email(text)
    assert refusal.value.path == ("input", "email")


def test_an_address_that_folding_makes_too_long_is_refused() -> None:
    host = ".".join(["b" * 60] * 2 + ["c" * 40, "com"])
    with pytest.raises(InvalidInput):
        read_email("\u0390" * 64 + "@" + host)


@given(ANY_TEXT)
def test_no_text_breaks_the_reading_of_emails(text: str) -> None:
    try:
        email = read_email(text)
    except InvalidInput:
        return
    assert len(fold_email(email)) <= 320
    assert read_email(email) == email


@pytest.mark.parametrize("name", ["", "   ", "A" * 201, "A\x00", "A\nB", "A\ud800", "A\u2028B"])
def test_a_name_is_refused_by_path(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_name(name)
    assert refusal.value.path == ("input", "name")


@pytest.mark.parametrize("name", ["Ø", " Ana de Sousa ", "李小龍", "A" * 200, "👩\u200d🎤 Zoë"])
def test_a_name_is_kept_as_it_is_written(name: str) -> None:
    assert read_name(name) == name.strip()


@given(ANY_TEXT)
def test_a_name_that_passes_is_text_that_postgresql_takes(text: str) -> None:
    try:
        name = read_name(text)
    except InvalidInput:
        return
    assert "\x00" not in name
    assert name.encode()


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short12",
        "trustno1",
        "PassWord1",
        "  password  ",
        "qwertyuiop",
        "11111111",
        "abababab",
        "x9" * 512 + "x",
        "ana.sousa@example.com",
        "ANA.SOUSA",
        "ana de sousa",
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_by_path(password: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        weigh(password)
    assert refusal.value.path == ("input", "password")
    assert refusal.value.code == "WEAK_PASSWORD"
    assert refusal.value.message == refusal.value.reason


@pytest.mark.parametrize(
    "password", ["bigcat-demo", "8 chars!", "x9" * 3 + "é" * 1018, "小心翼翼的老虎們"]
)
def test_a_password_from_8_to_1024_characters_will_do(password: str) -> None:
    weigh(password)
