"""Cheap hashes: the rules are the same, and a test needs no 64 MiB."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from bigcat_graphql.accounts import passwords


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(
        passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()
