"""What a message says: a template's words, as text and as HTML."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import shorten

from babel import Locale
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bigcat_graphql.notifications.locales import translations_of

# What keeps a name written from right to left from turning the sentence around it.
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"

# Five parts of a text on the phone; each costs.
_LONGEST_TEXT = 320


@dataclass(frozen=True, slots=True)
class Picture:
    """A ticket's QR code as a mail shows it."""

    content_id: str
    seat: str
    code: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words, ready for any envelope."""

    subject: str
    text: str
    html: str
    pictures: Sequence[Picture] = ()


def write_letter(
    template: str,
    locale: Locale,
    *,
    words: Mapping[str, str | int],
    pictures: Sequence[Picture] = (),
) -> Letter:
    """Fill `templates/<template>.jinja` in the locale's language.

    It sets `subject`, `heading`, `body` with a blank line between paragraphs, and may set `facts`,
    a line each, `label: value`. Words from outside can break none of these lines.
    """
    environment = _environment(locale.language)
    plain = {name: _tame(word) for name, word in words.items()}
    said = vars(environment.get_template(f"{template}.jinja").make_module(plain))
    page = {
        "language": locale.language,
        "direction": locale.text_direction,
        "subject": one_line(said["subject"]),
        "heading": one_line(said["heading"]),
        "paragraphs": [one_line(part) for part in said["body"].split("\n\n") if part.strip()],
        "facts": [line.partition(": ")[::2] for line in _lines(said.get("facts", ""))],
        "pictures": pictures,
    }
    return Letter(
        subject=one_line(said["subject"]),
        text=environment.get_template("letter.txt").render(page),
        html=environment.get_template("letter.html").render(page),
        pictures=pictures,
    )


def write_text(kind: str, locale: Locale, *, words: Mapping[str, str | int]) -> str:
    """Say the same in one line, for a phone."""
    plain = {name: _tame(word) for name, word in words.items()}
    template = _environment(locale.language).get_template("sms.jinja")
    said = vars(template.make_module({**plain, "kind": kind}))
    return shorten(one_line(said["text"]), _LONGEST_TEXT, placeholder="…")


def one_line(text: str) -> str:
    """Make one line of whatever somebody typed, without control characters."""
    seen = (
        " " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter for letter in text
    )
    # Not split(): blanks that must not break, as in `5 €`, stay what they are.
    return " ".join(word for word in "".join(seen).split(" ") if word)


def _tame(word: str | int) -> str | int:
    if isinstance(word, int):
        return word
    line = one_line(word)
    turns = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in line)
    return f"{_ISOLATE}{line}{_END_ISOLATE}" if turns else line


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("bigcat_graphql.notifications"),
        # Words are plain text; where they become HTML, that template escapes them.
        autoescape=select_autoescape(["html"], default=False),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    # Added by the extension, which Jinja's types cannot know.
    install = vars(environment)["install_gettext_translations"]
    install(translations_of(language), newstyle=True)
    return environment


def _lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text.splitlines()) if line]
