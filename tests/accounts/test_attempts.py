"""The bucket that counts attempts."""

import pytest

from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.accounts.errors import RateLimited


def spend_all(attempts: Attempts, key: str, *, now: float) -> int:
    spent = 0
    try:
        while True:
            attempts.spend(key, now=now)
            spent += 1
    except RateLimited:
        return spent


def test_a_fresh_key_has_its_whole_burst() -> None:
    assert spend_all(Attempts(per_minute=5, burst=10), "ana", now=100.0) == 10


def test_an_attempt_comes_back_after_each_interval() -> None:
    attempts = Attempts(per_minute=5, burst=10)
    spend_all(attempts, "ana", now=100.0)
    assert spend_all(attempts, "ana", now=111.9) == 0
    assert spend_all(attempts, "ana", now=112.0) == 1
    assert spend_all(attempts, "ana", now=136.0) == 2


def test_the_refusal_says_how_long_to_wait() -> None:
    attempts = Attempts(per_minute=5, burst=1)
    attempts.spend("ana", now=100.0)
    with pytest.raises(RateLimited) as refusal:
        attempts.spend("ana", now=100.5)
    assert refusal.value.retry_after_seconds == 12
    attempts.spend("ana", now=112.5)


def test_refused_attempts_do_not_prolong_the_wait() -> None:
    attempts = Attempts(per_minute=5, burst=1)
    attempts.spend("ana", now=100.0)
    for moment in range(101, 112):
        with pytest.raises(RateLimited):
            attempts.spend("ana", now=float(moment))
    attempts.spend("ana", now=112.0)


def test_keys_do_not_share_a_bucket() -> None:
    attempts = Attempts(per_minute=5, burst=1)
    attempts.spend("ana", now=100.0)
    attempts.spend("ben", now=100.0)


def test_whoever_was_right_begins_anew() -> None:
    attempts = Attempts(per_minute=5, burst=2)
    spend_all(attempts, "ana", now=100.0)
    attempts.forgive("ana")
    attempts.forgive("nobody")
    assert spend_all(attempts, "ana", now=100.0) == 2


def test_full_buckets_are_forgotten() -> None:
    attempts = Attempts(per_minute=60, burst=10)
    for number in range(50):
        attempts.spend(f"visitor {number}", now=100.0 + number * 10)
    assert len(attempts._full_at) == 1


def test_never_more_keys_are_kept_than_allowed() -> None:
    attempts = Attempts(per_minute=1, burst=1, most_keys=3)
    for name in ("ana", "ben", "cleo", "dan"):
        attempts.spend(name, now=100.0)
    assert list(attempts._full_at) == ["ben", "cleo", "dan"]
