"""Joining a queue in a hurry: limited over all nodes, and never by coming back once or twice."""

import asyncio
from collections.abc import Iterator

import pytest

from bigcat_graphql import database
from bigcat_graphql.accounts import RateLimited, Viewer
from bigcat_graphql.models import Concert, QueueEntry
from bigcat_graphql.onsale import join_queue
from bigcat_graphql.settings import override_settings
from tests.onsale.queues import make_queue
from tests.scenes import make_buyer

pytestmark = pytest.mark.usefixtures("database", "three_an_hour")

_BURST = 3


@pytest.fixture
def three_an_hour() -> Iterator[None]:
    """No attempt comes back while a test runs."""
    with override_settings(joins_per_minute=1 / 60, joins_burst=_BURST):
        yield


async def join(fan: Viewer, concert: Concert) -> QueueEntry:
    return await join_queue(fan, concert_id=concert.id, nonce=None)


async def test_who_joins_and_joins_is_refused_and_keeps_the_place() -> None:
    concert, fan = await make_queue(), await make_buyer()
    joined = [await join(fan, concert) for _ in range(_BURST)]
    assert len({entry.id for entry in joined}) == 1
    with pytest.raises(RateLimited) as refused:
        await join(fan, concert)
    assert 3_500 < refused.value.retry_after_seconds <= 3_600
    await join(await make_buyer(), concert)
    await join(fan, await make_queue())


async def test_who_has_spent_everything_at_other_nodes_is_refused_here_among_others() -> None:
    concert, fan, others = (
        await make_queue(),
        await make_buyer(),
        [await make_buyer() for _ in "ab"],
    )
    await database.execute(
        "INSERT INTO rate_bucket (account_id, concert_id, operation, full_at)"
        " VALUES ($1, $2, 'joinQueue', now() + interval '3 hours')",
        fan.account_id,
        concert.id,
    )
    await join(fan, concert)  # the first here: nobody is asked

    outcomes = await asyncio.gather(
        *(join(one, concert) for one in (others[0], fan, others[1])), return_exceptions=True
    )

    names = [type(one).__name__ for one in outcomes]
    assert names == ["QueueEntry", "RateLimited", "QueueEntry"]


async def test_who_joins_once_is_not_even_looked_up() -> None:
    concert, fans = await make_queue(), [await make_buyer() for _ in range(5)]
    await asyncio.gather(*(join(fan, concert) for fan in fans))
    assert await database.fetch_all("SELECT FROM rate_bucket") == []
