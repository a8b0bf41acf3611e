"""Proofs of work: signed, for one account, for a while."""

import base64
import json
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.onsale.work import is_solved, make_challenge
from bigcat_graphql.settings import override_settings
from tests.onsale.test_presale import solve


def test_only_the_number_that_was_looked_for_solves_it_and_only_for_whom_it_was_made() -> None:
    concert, account = uuid4(), uuid4()
    challenge = make_challenge(concert, account)
    solution = solve(challenge)
    assert is_solved(solution, concert, account)
    assert not is_solved(solution, concert, uuid4())
    assert not is_solved(solution, uuid4(), account)
    assert not is_solved(solve(challenge, number=-1), concert, account)
    with override_settings(secret_key="k" * 40):
        assert not is_solved(solution, concert, account)


def test_a_challenge_of_ones_own_or_with_another_time_is_worth_nothing() -> None:
    concert, account = uuid4(), uuid4()
    facts = json.loads(make_challenge(concert, account))
    later = facts | {"salt": facts["salt"] + "0"}
    forged = base64.b64encode(json.dumps(later | {"number": 1}).encode()).decode()
    assert not is_solved(forged, concert, account)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: base64.b64encode(b).decode()))
def test_anything_else_solves_nothing(text: str) -> None:
    assert not is_solved(text, uuid4(), uuid4())


_TEXT = st.text(st.characters(), max_size=80)  # halves of letters too


@given(_TEXT, _TEXT, _TEXT)
def test_no_solution_in_odd_letters_breaks_its_check(challenge: str, salt: str, sign: str) -> None:
    facts = {"challenge": challenge, "salt": f"{salt}?expires=9", "number": 1, "signature": sign}
    solution = base64.b64encode(json.dumps(facts).encode()).decode()
    assert not is_solved(solution, uuid4(), uuid4())
