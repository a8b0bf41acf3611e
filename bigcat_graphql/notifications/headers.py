"""Headers of mails with words from outside, written as RFC 5322 and RFC 2047 have them.

Python's own writer reads a value before it writes it. It takes whatever looks like an encoded word
for one, so that a name could bring headers and a body of its own; and it loses blanks between long
words. Here text is only ever text.
"""

import base64
import re
from collections.abc import Iterator
from email.headerregistry import (
    Address,
    HeaderRegistry,
    UniqueAddressHeader,
    UniqueUnstructuredHeader,
)
from email.policy import Policy
from typing import Any

# An encoded word has 75 characters at most: this many bytes of text fill 60 of them.
_BYTES_A_WORD = 45
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_SHORT = 60


class TextHeader(UniqueUnstructuredHeader):
    """A line of text, such as a subject, that means what it says."""

    name: str  # the registry makes a BaseHeader of it, which has one

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take the text as it is."""
        kwds["parse_tree"], kwds["decoded"] = cls.value_parser(""), value

    def fold(self, *, policy: Policy) -> str:
        """Write the header."""
        return _line(self.name, write_text(str(self)), policy)


class MailboxHeader(UniqueAddressHeader):
    """Whom a mail is from, whom it goes to, or where answers go: one mailbox."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        """Write the header."""
        return _line(self.name, write_mailbox(self.addresses[0]), policy)


def make_headers() -> HeaderRegistry:
    """Make the headers that words from outside may stand in; all others are Python's own."""
    registry = HeaderRegistry()
    for name, kind in (
        ("subject", TextHeader),
        ("from", MailboxHeader),
        ("to", MailboxHeader),
        ("reply-to", MailboxHeader),
    ):
        registry.map_to_type(name, kind)  # type: ignore[arg-type]  # as all of Python's own are
    return registry


def write_text(text: str) -> str:
    """Write text as it is if that is plain and short, else as encoded words, a line each."""
    return text if _is_plain(text) else "\n ".join(_encode(text))


def write_mailbox(mailbox: Address) -> str:
    """Write a name and an address; nothing in the address is ever an encoded word."""
    name, address = mailbox.display_name, f"<{mailbox.addr_spec}>"
    if not name:
        return address
    if not _is_plain(name):
        return f"{write_text(name)}\n {address}"
    if _ATOMS.fullmatch(name):
        return f"{name} {address}"
    escaped = re.sub(r'(["\\])', r"\\\1", name)
    return f'"{escaped}" {address}'


def _is_plain(text: str) -> bool:
    return len(text) <= _SHORT and text.isascii() and text.isprintable() and "=?" not in text


def _encode(text: str) -> Iterator[str]:
    """Encode a few letters at a time: no letter may be in two words."""
    part = b""
    for letter in text:
        encoded = letter.encode()
        if len(part) + len(encoded) > _BYTES_A_WORD:
            yield _word(part)
            part = b""
        part += encoded
    yield _word(part)


def _word(part: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(part).decode()}?="


def _line(name: str, value: str, policy: Policy) -> str:
    return f"{name}: {value}\n".replace("\n", policy.linesep)
