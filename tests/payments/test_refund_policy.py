"""What goes back, to the last minor unit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.booking.refund_policy import share_at, split_refund

START = datetime(2027, 1, 9, 20, tzinfo=UTC)
STEPS = [{"hours_before": 24, "percent": 50}, {"hours_before": 72, "percent": 100}]


@pytest.mark.parametrize(
    ("hours", "percent", "until"),
    [(100, 100, 72), (72.01, 100, 72), (72, 50, 24), (25, 50, 24), (24, 0, 0), (1, 0, 0)],
)
def test_the_first_step_that_is_not_over_decides(hours: float, percent: int, until: int) -> None:
    share = share_at(STEPS, starts_at=START, now=START - timedelta(hours=hours))

    assert (share.percent, share.until) == (percent, START - timedelta(hours=until))


def test_no_steps_give_nothing_back() -> None:
    assert share_at([], starts_at=START, now=START - timedelta(days=99)).percent == 0


@pytest.mark.parametrize(
    ("prices", "percent", "back"),
    [
        ([1000, 1000, 1000], 33, [330, 330, 330]),
        ([101, 101, 101], 50, [51, 51, 50]),  # 151.5 is 152
        ([1, 1], 50, [1, 0]),  # yen
        ([12_345, 10], 10, [1235, 1]),  # fils: 1235.5 is 1236, and the 0.5 of 1234.5 is first
        ([0, 65], 100, [0, 65]),
        ([], 50, []),
    ],
)
def test_units_go_to_the_largest_remainders(
    prices: list[int], percent: int, back: list[int]
) -> None:
    assert split_refund(prices, percent) == back


@given(st.lists(st.integers(0, 10**12), max_size=20), st.integers(0, 100))
def test_no_unit_is_lost_or_made(prices: list[int], percent: int) -> None:
    back = split_refund(prices, percent)

    assert abs(sum(back) * 100 - sum(prices) * percent) <= 50
    for price, share in zip(prices, back, strict=True):
        assert 0 <= share <= price
        assert abs(share * 100 - price * percent) < 100
