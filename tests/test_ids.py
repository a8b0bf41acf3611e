"""Keys that sort by time, and references that people can read out loud."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.ids import new_id, new_reference, print_reference, read_reference


def test_an_id_is_a_real_uuid_of_version_7() -> None:
    key = new_id()
    assert type(key) is UUID
    assert key.version == 7
    assert key.variant == "specified in RFC 4122"


def test_ids_of_one_process_sort_by_their_making() -> None:
    keys = [new_id() for _ in range(5000)]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_a_reference_has_no_letters_that_look_alike() -> None:
    letters = set("".join(new_reference() for _ in range(500)))
    assert letters.isdisjoint("01OILU")
    assert letters <= set("23456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_references_do_not_repeat() -> None:
    assert len({new_reference() for _ in range(5000)}) == 5000


def test_a_reference_is_printed_in_groups() -> None:
    assert print_reference("K7QM2XVD9R") == "K7QM-2XVD-9R"


@given(st.booleans(), st.sampled_from(["-", " ", "", " - ", "\u2013", "."]))
def test_a_reference_is_read_however_it_is_typed(small: bool, between: str) -> None:
    reference = new_reference()
    typed = print_reference(reference).replace("-", between)
    assert read_reference(f" {typed.lower() if small else typed} ") == reference


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_whatever_is_typed_becomes_letters_and_digits(text: str) -> None:
    assert all(letter.isalnum() for letter in read_reference(text))


@pytest.mark.parametrize("text", ["", "--", "\x00", "\ud800"])
def test_nothing_typed_is_no_reference(text: str) -> None:
    assert read_reference(text) == ""
