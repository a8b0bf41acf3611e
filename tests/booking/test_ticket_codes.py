"""Codes that a door checks without asking anybody."""

from uuid import UUID

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.booking.ticket_codes import TicketCode, read_code, write_code
from bigcat_graphql.ids import new_id

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_CONCERT, _TICKET = new_id(), new_id()


def _write(*, concert_id: UUID = _CONCERT, own: str = "s3cret") -> str:
    return write_code(_KEY, key_number=1, concert_id=concert_id, ticket_id=_TICKET, secret=own)


def _read(text: str) -> TicketCode:
    code = read_code(text)
    assert code is not None
    return code


def test_a_code_says_which_ticket_and_proves_it() -> None:
    code = _read(_write())

    assert (code.ticket_id, code.key_number) == (_TICKET, 1)
    assert code.may_be_of(_CONCERT)
    assert code.is_signed(_KEY.public_key(), _CONCERT)


def test_the_same_facts_make_the_same_code_and_other_facts_another() -> None:
    codes = {_write(), _write(), _write(own="other"), _write(concert_id=new_id())}

    assert len(codes) == 3


def test_a_code_is_of_one_concert_only() -> None:
    elsewhere = UUID(bytes=bytes(12) + _CONCERT.bytes[-4:])
    code = _read(_write())

    assert code.may_be_of(elsewhere), "the hint alone is the same"
    assert not code.is_signed(_KEY.public_key(), elsewhere)


def test_a_code_of_another_key_is_not_good() -> None:
    assert not _read(_write()).is_signed(Ed25519PrivateKey.generate().public_key(), _CONCERT)


@given(at=st.integers(0, 151), letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_no_letter_can_be_changed(at: int, letter: str) -> None:
    written = _write()
    forged = written[:at] + letter + written[at + 1 :]
    code = read_code(forged)

    good = code is not None and code.is_signed(_KEY.public_key(), _CONCERT)
    assert good == (forged == written)


def test_case_and_blanks_do_not_matter() -> None:
    written = _write()
    typed = " ".join(written[n : n + 4] for n in range(0, len(written), 4)).lower()

    assert _read(f"\t{typed}\r\n") == _read(written)


@given(st.text(max_size=400))
def test_what_is_no_code_is_told_so(text: str) -> None:
    assert read_code(text) is None


@pytest.mark.parametrize("cut", [1, 8, 76, 151])
def test_a_part_of_a_code_is_none(cut: int) -> None:
    assert read_code(_write()[cut:]) is None
    assert read_code(_write()[:-cut]) is None


def test_it_fits_a_small_picture() -> None:
    """Version 6 at level M: 41 modules a side, which a phone reads off another's screen."""
    picture = segno.make(_write(), error="m", micro=False)

    assert (picture.designator, picture.mode) == ("6-M", "alphanumeric")
