"""The wait that people are told: right within a fifth, and nothing where nobody can know."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.onsale import rules
from bigcat_graphql.onsale.forecast import Line, Pace, count_ahead, foresee_wait
from bigcat_graphql.onsale.rules import Crowd
from tests.onsale.lines import NEVER, Dice, Sale, run_line

_GRAPHQL_INT_MOST = 2**31 - 1


def some_leave(share: float, *, burst_at: float, until: float) -> Callable[[Dice, float], float]:
    """Half of this share hangs up at once, the others one by one."""

    def gives_up_at(dice: Dice, came_at: float) -> float:
        luck = dice.random()
        if came_at or luck > share:
            return NEVER
        return burst_at if luck < share / 2 else dice.uniform(0, until)

    return gives_up_at


def patience(dice: Dice, came_at: float) -> float:
    """Four in ten never come, half of the others wait about half an hour."""
    luck = dice.random()
    if not came_at and luck < 0.4:
        return 0.0
    return came_at + dice.expovariate(1 / 1_800) if luck < 0.7 else NEVER


def minutes(dice: Dice) -> float:
    return min(600.0, dice.lognormvariate(5.0, 0.6))


_BURST = some_leave(0.6, burst_at=3, until=60)
SALES = {
    "everybody stays": Sale(3_000),
    "sixty in a hundred leave": Sale(3_000, 500, gives_up_at=_BURST),
    "few are let in a second": Sale(400, 40, per_second=0.7, gives_up_at=_BURST),
    "a third only seems to be there": Sale(
        3_000, gives_up_at=lambda dice, _: dice.choice((0, NEVER, NEVER)), unseen=1
    ),
    "many come late": Sale(3_000, 2_000, gives_up_at=some_leave(0.6, burst_at=0, until=0.1)),
    "those inside set the pace": Sale(6_000, 1_000, 20, gives_up_at=patience, stays_in=minutes),
    "the seats become few": Sale(6_000, 0, 20, seats=3_000, stays_in=minutes),
}


@pytest.mark.parametrize("name", SALES)
@pytest.mark.parametrize("seed", [1, 2])
def test_half_are_told_the_wait_within_a_fifth_and_nine_in_ten_within_two(
    name: str, seed: int
) -> None:
    run = run_line(SALES[name], seed)
    told = [pair for at in (60, 120, 300, 600, 900) if at < run.moments[-1].at
            for pair in run.forecasts(at)]  # fmt: skip
    errors = sorted(abs(wait - true) / true for wait, true in told if wait is not None)
    assert len(errors) > len(told) / 4
    assert errors[len(errors) // 2] <= 0.2
    assert errors[len(errors) * 9 // 10] <= 0.4


def test_nothing_is_told_of_when_those_inside_will_go_before_they_do() -> None:
    run = run_line(SALES["those inside set the pace"], 1, seconds=200)
    soon = run.forecasts(5)
    assert any(wait is not None for wait, _ in soon)  # for them there is room now
    at_first = run.forecasts(40)
    assert {wait for wait, _ in at_first} == {None}


def test_a_burst_is_not_taken_for_a_habit() -> None:
    per_minute = 0.1
    after = rules.follow_leaving(per_minute, 600, 1_000, seconds=1, open_seconds=60)
    assert after < 1.2 * per_minute
    back = rules.follow_leaving(after, -600, 1_000, seconds=1, open_seconds=61)
    assert 0.8 * per_minute < back < after


@pytest.mark.parametrize("rate", [0.4, 1, 3.81, 20])
def test_a_bound_of_admissions_holds_however_often_the_line_moves(rate: float) -> None:
    crowd, dice, at, let_in = Crowd(10**6, 0, 0, 0, 0), Dice(1), 1.0, 0
    while at < 600:
        seconds = dice.uniform(0.9, 1.4)
        at += seconds
        let_in += rules.count_admissions(
            crowd, seconds=seconds, open_seconds=at, per_second_max=rate, admitted_max=10**6
        )
    assert abs(let_in - rate * (at - 1)) <= 1


_counts = st.integers(0, 100_000)
_crowds = st.builds(
    lambda seats, inside, ended, buys, each: Crowd(
        seats, inside, ended, min(ended, buys), min(ended, buys) * each
    ),
    _counts, _counts, _counts, _counts, st.integers(1, 10),
)  # fmt: skip
_paces = st.builds(
    Pace,
    _crowds,
    st.floats(0, 1e8),
    st.floats(1, 1e6),
    st.floats(0, 100),
    st.floats(1e-3, 1e4),
    st.integers(1, 100_000),
)


@given(_paces, st.lists(st.floats(0, 200_000), min_size=2, max_size=20))
def test_who_stands_further_back_is_never_told_a_shorter_wait(
    pace: Pace, places: list[float]
) -> None:
    waits = [foresee_wait(ahead, pace) for ahead in sorted(places)]
    told = [wait for wait in waits if wait is not None]
    assert told == sorted(told)
    assert waits[: len(told)] == told  # behind whom nothing can be told of, nothing can
    assert all(0 <= wait <= _GRAPHQL_INT_MOST for wait in told)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.floats(0, 1))
def test_those_ahead_are_counted_by_rank(head: int, drawn: int, late: int, share: float) -> None:
    last = drawn + late
    head = min(head, last)
    line = Line(head, drawn, last, max(0, drawn - head), last - max(head, drawn), share)
    counts = [count_ahead(rank, line) for rank in range(last + 3)]
    assert counts == sorted(counts)
    assert counts[head] == 0
    assert counts[-1] == pytest.approx((last - head + 2) * share)


def test_nothing_is_told_once_the_seats_are_gone() -> None:
    pace = Pace(Crowd(0, 10, 100, 50, 100), 1_000, 600, 0, 20, 500)
    assert foresee_wait(1, pace) is None
    assert foresee_wait(0, pace) == 0
