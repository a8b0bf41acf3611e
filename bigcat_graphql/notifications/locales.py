"""Which language a message is written in, and its translations."""

from functools import cache
from importlib import resources
from io import BytesIO

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from bigcat_graphql.settings import get_settings

_CATALOGUES = resources.files("bigcat_graphql.notifications") / "translations"
# What templates are written in. Dates of "English, anywhere" name the day before the month.
_OURS = "en"
_ANYWHERE = "en_001"


def locale_for(country: str, reads: str | None = None) -> Locale:
    """Choose a locale for a message about something in a country to who `reads` a language.

    The one that is set for all; else the reader's; else what is spoken there. Each only if it is
    translated, `translations/` has those; in the end English.
    """
    chosen = get_settings().locale
    if chosen is not None:
        return _known(Locale.parse(chosen.replace("-", "_")))
    if reads is not None and (read := Locale.parse(reads, sep="-")).language in _languages():
        # Who says no more than `en` has dates and money as they are written there.
        return read if read.territory else _in(read.language, country)
    spoken = next((name for name in get_official_languages(country) if name in _languages()), None)
    return _in(spoken, country) if spoken else _in(_OURS, country, _ANYWHERE)


@cache
def translations_of(language: str) -> NullTranslations:
    """Read a language's catalogue; English needs none."""
    file = _CATALOGUES / f"{language}.po"
    if not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _languages() -> frozenset[str]:
    files = (file.name for file in _CATALOGUES.iterdir())
    return frozenset({_OURS, *(name.removesuffix(".po") for name in files if name.endswith(".po"))})


def _in(language: str, country: str, otherwise: str | None = None) -> Locale:
    try:
        return Locale(language, territory=country)
    except UnknownLocaleError:
        return Locale.parse(otherwise or language)


def _known(locale: Locale) -> Locale:
    return locale if locale.language in _languages() else Locale.parse(_ANYWHERE)
