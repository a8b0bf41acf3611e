"""How often an account may do the same at one concert, in one process and over many."""

import asyncio
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bigcat_graphql import database
from bigcat_graphql.accounts.errors import RateLimited
from bigcat_graphql.accounts.pace import Pace, Subject, forget_full_buckets

_HOUR = 3600.0
# In whole seconds, so that no sum of them is a hair more than it is.
_GAPS = some.lists(some.integers(0, 5), min_size=1, max_size=60)


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def make_pace(
    *, interval_seconds: float = _HOUR, burst: int = 5, clock: Clock | None = None
) -> Pace:
    """A node's own buckets; with an hour for each attempt, none comes back while a test runs."""
    return Pace("try", lambda _: (60 / interval_seconds, burst), clock=clock or Clock())


def subject() -> Subject:
    return Subject(uuid4(), uuid4())


def passes(pace: Pace, who: Subject, key: str = "") -> bool:
    try:
        pace.spend(who, key)
    except RateLimited:
        return False
    return True


@given(gaps=_GAPS, burst=some.integers(1, 6), interval=some.integers(1, 4))
def test_no_stretch_of_time_has_more_than_the_burst_and_what_came_back(
    gaps: list[int], burst: int, interval: int
) -> None:
    clock = Clock()
    pace, who = make_pace(interval_seconds=interval, burst=burst, clock=clock), subject()
    passed = []
    for gap in gaps:
        clock.now += gap
        if passes(pace, who):
            passed.append(clock.now)
    for first, begin in enumerate(passed):
        for last, end in enumerate(passed[first:], start=first):
            assert last - first + 1 <= burst + (end - begin) / interval


@given(gaps=_GAPS, burst=some.integers(1, 6), interval=some.integers(1, 4))
def test_what_is_refused_is_refused_rightly_and_told_how_long(
    gaps: list[int], burst: int, interval: int
) -> None:
    """As a bucket of tokens, reckoned the slow way, would have it."""
    clock = Clock()
    pace, who = make_pace(interval_seconds=interval, burst=burst, clock=clock), subject()
    tokens = float(burst)
    for gap in gaps:
        clock.now += gap
        tokens = min(burst, tokens + gap / interval)
        enough = tokens > 1 - 1e-6
        if enough:
            pace.spend(who)
            tokens -= 1
            continue
        with pytest.raises(RateLimited) as refused:
            pace.spend(who)
        wait, told = (1 - tokens) * interval, refused.value.retry_after_seconds
        assert wait - 1e-6 <= told < wait + 1


@given(gaps=some.lists(some.integers(2, 9), max_size=30), burst=some.integers(1, 6))
def test_who_takes_their_time_is_neither_refused_nor_hasty(gaps: list[int], burst: int) -> None:
    clock = Clock()
    pace, who = make_pace(interval_seconds=2, burst=burst, clock=clock), subject()
    assert not pace.spend(who)
    for gap in gaps:
        clock.now += gap
        assert not pace.spend(who)


def test_a_double_click_costs_nothing() -> None:
    pace, who = make_pace(burst=3), subject()
    assert all(passes(pace, who, key) for key in ("a", "a", "b", "b", "c", "c"))
    assert not passes(pace, who, "d")


def test_a_key_sent_again_and_again_is_no_double_click() -> None:
    pace, who = make_pace(burst=3), subject()
    assert [passes(pace, who, "a") for _ in range(10)].count(True) == 6


def test_another_account_and_another_concert_have_buckets_of_their_own() -> None:
    pace, who = make_pace(burst=1), subject()
    assert passes(pace, who)
    assert not passes(pace, who)
    assert passes(pace, who._replace(account_id=uuid4()))
    assert passes(pace, who._replace(concert_id=uuid4()))


@pytest.mark.usefixtures("database")
async def test_of_hasty_attempts_at_two_nodes_exactly_the_burst_passes() -> None:
    nodes, who = [make_pace(), make_pace()], subject()
    refused = await asyncio.gather(*(nodes[n % 2].count({who: ""}) for n in range(40)))
    assert refused.count({}) == 5
    waits = [refusal.retry_after_seconds for one in refused for refusal in one.values()]
    # A refusal that met the bucket while it was made knows no better than a second.
    assert all(1 <= wait <= _HOUR for wait in waits)


@pytest.mark.usefixtures("database")
async def test_many_are_counted_at_once_each_for_themselves() -> None:
    pace, everybody = make_pace(burst=2), [subject() for _ in range(20)]
    rounds = [
        pace.count(dict.fromkeys(group, ""))
        for group in (everybody, everybody[::-1], everybody[::2])
    ]
    refused = await asyncio.gather(*rounds)
    assert sum(map(len, refused)) == 10


@pytest.mark.usefixtures("database")
async def test_what_postgresql_lets_pass_comes_back_as_time_goes_by() -> None:
    pace, who = make_pace(burst=2), subject()
    assert await pace.count({who: ""}) == {}
    assert await pace.count({who: ""}) == {}
    assert who in await pace.count({who: ""})
    await database.execute("UPDATE rate_bucket SET full_at = full_at - interval '1 hour'")
    assert await pace.count({who: ""}) == {}
    assert who in await pace.count({who: ""})


@pytest.mark.usefixtures("database")
async def test_who_has_spent_everything_elsewhere_is_refused_here_without_a_statement() -> None:
    here, there, who = make_pace(), make_pace(), subject()
    for _ in range(5):
        assert await there.count({who: ""}) == {}
    assert not here.spend(who, "a")
    assert here.spend(who, "b")
    refusal = (await here.count({who: "b"}))[who]
    # The key that came to nothing is none to repeat, the other still is.
    assert not passes(here, who, "b")
    assert passes(here, who, "a")
    assert _HOUR - 60 < refusal.retry_after_seconds <= _HOUR


@pytest.mark.usefixtures("database")
async def test_who_hurried_elsewhere_is_hasty_here() -> None:
    clock = Clock()
    here, there, who = make_pace(clock=clock), make_pace(), subject()
    for _ in range(3):
        await there.count({who: ""})
    here.spend(who)
    assert here.spend(who)
    await here.count({who: ""})
    # Of the two that it has seen nothing would be left, but of the four there is.
    clock.now += 2.5 * _HOUR
    assert here.spend(who)


@pytest.mark.usefixtures("database")
async def test_full_buckets_are_forgotten_and_others_are_not() -> None:
    pace, calm, hasty = make_pace(), subject(), subject()
    await pace.count({calm: "", hasty: ""})
    await database.execute(
        "UPDATE rate_bucket SET full_at = now() - interval '1 second' WHERE account_id = $1",
        calm.account_id,
    )
    await forget_full_buckets(100)
    left = await database.fetch_all("SELECT account_id FROM rate_bucket")
    assert [row["account_id"] for row in left] == [hasty.account_id]
