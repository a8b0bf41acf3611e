"""Every word of every template is translated, and no translation is left over."""

from pathlib import Path

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import bigcat_graphql.notifications
from bigcat_graphql.notifications.letters import write_letter
from bigcat_graphql.notifications.locales import locale_for
from bigcat_graphql.settings import override_settings

_HERE = Path(bigcat_graphql.notifications.__file__).parent
_CATALOGUES = sorted((_HERE / "translations").glob("*.po"))
_KINDS = [kind.value for kind in bigcat_graphql.notifications.Kind] + ["email-code"]

WORDS: dict[str, str | int] = {
    **dict.fromkeys(["holder", "concert", "venue", "city", "day", "time", "reference"], "x"),
    **dict.fromkeys(["seats", "total", "refund", "amount", "until", "until_day", "code"], "x"),
    **dict.fromkeys(["count", "left", "paid", "lost", "minutes"], 2),
}


def written() -> set[object]:
    options = {"**": {"trimmed": "true", "newstyle_gettext": "true"}}
    found = extract_from_dir(
        _HERE / "templates", method_map=[("**", "jinja2")], options_map=options
    )
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("path", _CATALOGUES, ids=lambda path: path.stem)
def test_all_words_are_translated_and_keep_their_places(path: Path) -> None:
    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.stem)
    messages = [message for message in catalogue if message.id]
    assert {message.id for message in messages} == written()
    for message in messages:
        assert all(message.string if isinstance(message.string, tuple) else [message.string])
        assert not message.fuzzy
        assert not list(message.check(catalogue))


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("count", [1, 2])
def test_each_language_says_it_in_its_own_words(kind: str, count: int) -> None:
    told = [
        write_letter(kind, Locale(language), words=WORDS | {"count": count})
        for language in ("en", "de")
    ]
    assert len({letter.subject for letter in told}) == len({letter.text for letter in told}) == 2
    assert all("%(" not in letter.text for letter in told)


@pytest.mark.parametrize(
    ("country", "expected"),
    [("US", "en_US"), ("DE", "de_DE"), ("CH", "de_CH"), ("JP", "en_001"), ("XX", "en_001")],
)
def test_messages_are_written_in_what_is_spoken_there(country: str, expected: str) -> None:
    assert str(locale_for(country)) == expected


@pytest.mark.parametrize(
    ("chosen", "expected"), [("de-AT", "de_AT"), ("en", "en"), ("fr", "en_001")]
)
def test_or_in_what_is_set(chosen: str, expected: str) -> None:
    with override_settings(locale=chosen):
        assert str(locale_for("US")) == expected


@pytest.mark.parametrize(
    ("country", "reads", "expected"),
    [
        ("US", "de-AT", "de_AT"),
        ("DE", "en-US", "en_US"),
        ("DE", "en", "en_DE"),
        ("US", "de", "de"),
        ("DE", "fr-CA", "de_DE"),  # not translated: what is spoken where the venue is
        ("JP", "fr", "en_001"),
        ("DE", None, "de_DE"),
    ],
)
def test_a_reader_comes_before_the_venue(country: str, reads: str | None, expected: str) -> None:
    assert str(locale_for(country, reads)) == expected


def test_one_locale_for_all_comes_before_every_reader() -> None:
    with override_settings(locale="de"):
        assert str(locale_for("US", "en-US")) == "de"
