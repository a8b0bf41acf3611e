"""The door of a sale queue: who joins at the same time shares a transaction, and its refusals."""

import asyncio
from collections.abc import Iterator, Mapping
from uuid import UUID

import pytest

from bigcat_graphql.accounts import RateLimited
from bigcat_graphql.accounts.pace import Subject
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import Busy, OutcomeUnknown
from bigcat_graphql.models import QueueEntry
from bigcat_graphql.onsale import WrongConcertState, end_queue, join_queue, joining
from bigcat_graphql.onsale.places import take_places
from bigcat_graphql.settings import override_settings
from tests.onsale.queues import make_queue
from tests.scenes import make_buyer

pytestmark = pytest.mark.usefixtures("database", "open_door")


@pytest.fixture
def open_door() -> Iterator[None]:
    with override_settings(beacon_url="off", queue_joins_per_second=1_000_000):
        yield


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many accounts each transaction was for."""
    sizes: list[int] = []

    async def count(concert_id: UUID, nonces: Mapping[UUID, bytes]) -> dict[UUID, QueueEntry]:
        sizes.append(len(nonces))
        return await take_places(concert_id, nonces)

    monkeypatch.setattr(joining, "take_places", count)
    return sizes


async def test_a_queue_that_has_ended_says_so_to_all_at_once(batches: list[int]) -> None:
    concert = await make_queue()
    await end_queue(concert.id)
    buyers = [await make_buyer() for _ in range(60)]
    answers = await asyncio.gather(
        *(join_queue(one, concert_id=concert.id, nonce=None) for one in buyers),
        return_exceptions=True,
    )
    assert {type(answer) for answer in answers} == {WrongConcertState}
    assert sum(batches) == 60
    assert len(batches) <= 2


async def test_a_stuck_queue_is_busy_for_all_at_once(rival: Connection, batches: list[int]) -> None:
    concert = await make_queue()
    buyers = [await make_buyer() for _ in range(8)]
    await rival.execute("BEGIN")
    await rival.execute("SELECT FROM sale_queue WHERE concert_id = $1 FOR UPDATE", concert.id)
    answers = await asyncio.gather(
        *(join_queue(one, concert_id=concert.id, nonce=None) for one in buyers),
        return_exceptions=True,
    )
    await rival.execute("ROLLBACK")
    assert {type(answer) for answer in answers} == {Busy}
    assert sum(batches) == 8
    assert len(batches) <= 2


async def test_who_hurries_is_counted_once_though_the_batch_is_served_twice(
    rival: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, ada = await make_queue(), await make_buyer()
    lost: list[UUID] = []

    async def lose_the_first(
        concert_id: UUID, nonces: Mapping[UUID, bytes]
    ) -> dict[UUID, QueueEntry]:
        entries = await take_places(concert_id, nonces)
        if not lost:
            lost.append(concert_id)
            raise OutcomeUnknown
        return entries

    await join_queue(ada, concert_id=concert.id, nonce=None)
    monkeypatch.setattr(joining, "take_places", lose_the_first)
    await join_queue(ada, concert_id=concert.id, nonce=None)
    assert lost == [concert.id]
    spent = "SELECT extract(epoch FROM full_at - now()) FROM rate_bucket WHERE account_id = $1"
    interval_seconds = joining._pace.rate.interval_seconds
    assert await rival.fetchval(spent, ada.account_id) <= interval_seconds


async def test_a_hasty_account_is_refused_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    concert = await make_queue()
    hasty, calm = await make_buyer(), await make_buyer()
    await join_queue(hasty, concert_id=concert.id, nonce=None)

    async def refuse(subjects: Mapping[Subject, str]) -> dict[Subject, RateLimited]:
        return {subject: RateLimited(7) for subject in subjects}

    monkeypatch.setattr(joining._pace, "count", refuse)
    answers = await asyncio.gather(
        join_queue(hasty, concert_id=concert.id, nonce=None),
        join_queue(calm, concert_id=concert.id, nonce=None),
        return_exceptions=True,
    )
    assert isinstance(answers[0], RateLimited)
    assert isinstance(answers[1], QueueEntry)
