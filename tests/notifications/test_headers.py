"""Names and titles in headers: whatever they are, they stay text."""

import re
from email.header import decode_header, make_header
from email.headerregistry import Address

import pytest

from bigcat_graphql import jobs
from bigcat_graphql.notifications.headers import write_mailbox, write_text
from tests.notifications.evenings import buy, rename
from tests.notifications.smtp_server import SmtpBox, words
from tests.scenes import make_buyer, make_concert

# What RFC 2047 calls an encoded word, with a line break, a header and a body in it.
_SMUGGLED = "=?utf-8?q?Ada=0D=0ABcc=3A_eve=40example.com=0D=0A=0D=0AClick_here?="
_TITLES = [
    "in Bělohlávek Łódź Händel Nova – Nova “live” Łódź Łódź “live” Łódź Nova",  # noqa: RUF001
    "Freunde in c-Moll Händel Beethoven Symfonie c-Moll, Große (Zugabe) c-Moll José & (Zugabe)",
    "a" * 300,
    "漢字" * 100,
    "😀👩‍👩‍👧 ",
    'Ada "the Countess" \\ Lovelace, <ada@example.org>',
    _SMUGGLED,
]


def decode(written: str) -> str:
    return str(make_header(decode_header(written.replace("\n ", "\r\n "))))


def header(content: bytes, name: str) -> str:
    head = content.split(b"\r\n\r\n")[0].decode("ascii")
    found: list[str] = re.findall(rf"(?ms)^{name}: (.*?)\r\n(?![ \t])", f"{head}\r\n")
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("title", _TITLES)
def test_a_title_of_any_letters_is_read_as_it_was_written(title: str) -> None:
    written = write_text(title)

    assert decode(written) == title
    assert max(map(len, written.split("\n"))) <= 76


@pytest.mark.parametrize("name", [*_TITLES, "Ada", "O'Hara", "Dr. No", "Ada Byron (Lovelace)"])
def test_a_name_of_any_letters_has_one_address_beside_it(name: str) -> None:
    phrase, _, address = write_mailbox(Address(name, "ada", "example.org")).rpartition(" ")

    assert address == "<ada@example.org>"
    quoted = re.fullmatch(r'"((?:[^"\\]|\\["\\])*)"', phrase)
    plain = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else decode(phrase)
    assert plain.rstrip("\n") == name


def test_nothing_in_an_address_is_ever_decoded() -> None:
    odd = Address("Ada", "=?utf-8?q?a=0D=0ABcc=3A_x=40y.org?=", "example.org")

    assert write_mailbox(odd) == f"Ada <{odd.addr_spec}>"


@pytest.mark.usefixtures("database")
async def test_a_name_or_title_brings_no_header_and_no_body_of_its_own(smtp: SmtpBox) -> None:
    buyer = await make_buyer()
    await rename(buyer, _SMUGGLED)
    await buy(await make_concert(artists=[_SMUGGLED]), buyer=buyer)

    await jobs.run_due()

    [mail], [envelope] = smtp.mails, smtp.envelopes
    assert isinstance(envelope.content, bytes)
    assert "Bcc" not in mail
    assert words(mail).startswith("See you at the concert\n")
    assert decode(header(envelope.content, "Subject")) == f"Your ticket: {_SMUGGLED}"
    assert decode(header(envelope.content, "To")).startswith(_SMUGGLED)
