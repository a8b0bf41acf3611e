"""Booking in a hurry: refused with a time to come back, and never whoever takes their time."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from bigcat_graphql import database
from bigcat_graphql.accounts import RateLimited, Viewer
from bigcat_graphql.booking import ChosenSeats, SeatsUnavailable, TicketsPerAccountExceeded
from bigcat_graphql.booking.idempotency import Intent
from bigcat_graphql.booking.lane import Lane
from bigcat_graphql.booking.wish import MUTATION, Repeated, Reserved, Wish
from bigcat_graphql.models import Concert
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, states
from tests.resolvers.asking import chosen, id_of, write
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database", "one_an_hour")

_BURST = 3
_BOOK = """
mutation ($input: BookSeatsInput!) { bookSeats(input: $input) {
  booking { id }
  errors { __typename ... on UserError { code message }
           ... on TryAgainError { retryAfterSeconds } }
} }
"""


@pytest.fixture
def one_an_hour() -> Iterator[None]:
    """No attempt comes back while a test runs."""
    with override_settings(
        bookings_per_minute=1 / 60, bookings_burst=_BURST, pending_bookings_max=100
    ):
        yield


def hasty(viewer: Viewer, concert: Concert, index: int, key: str | None = None) -> Wish:
    """A wish as a node makes it of whoever had another one there a moment ago."""
    seats = ChosenSeats(1, (index,))
    intent = Intent(viewer.account_id, MUTATION, key or uuid4().hex, (concert.id, seats))
    return Wish(concert.id, seats, intent, is_hasty=True)


async def buckets() -> int:
    return len(await database.fetch_all("SELECT FROM rate_bucket"))


async def intervals_spent() -> float:
    """How much the one bucket there is lacks, in attempts."""
    rows = await database.fetch_all(
        "SELECT extract(epoch FROM full_at - now())::float8 / 3600 AS spent FROM rate_bucket"
    )
    return round(float(sum(row["spent"] for row in rows)), 1)


async def test_an_account_in_a_hurry_at_many_nodes_gets_exactly_the_burst() -> None:
    concert, buyer = await make_concert(rows=4, seats_per_row=10), await make_buyer()
    lanes = [Lane() for _ in range(8)]
    wishes = [hasty(buyer, concert, n) for n in range(40)]

    outcomes = await asyncio.gather(*(lanes[n % 8].submit(one) for n, one in enumerate(wishes)))

    assert sum(isinstance(one, Reserved) for one in outcomes) == _BURST
    assert sum(isinstance(one, RateLimited) for one in outcomes) == 40 - _BURST
    assert (await states(concert)).count("R") == _BURST
    # Nothing was decided under the keys of those refused.
    assert len(await database.fetch_all("SELECT FROM idempotency_key")) == _BURST


async def test_who_takes_their_time_is_not_even_looked_up() -> None:
    concert = await make_concert(rows=4, seats_per_row=10)
    buyers = [await make_buyer() for _ in range(20)]

    await asyncio.gather(*(book(buyer, concert, 2 * n) for n, buyer in enumerate(buyers)))

    assert await buckets() == 0


async def test_one_node_lets_the_burst_through_and_tells_the_next_when_to_come() -> None:
    concert, buyer = await make_concert(rows=4, seats_per_row=10), await make_buyer()
    for index in range(_BURST):
        await book(buyer, concert, index)

    error = await write(_BOOK, buyer, 1, concertId=id_of(concert), selection=chosen(9))

    assert (error["__typename"], error["code"]) == ("TryAgainError", "RATE_LIMITED")
    assert 3_500 < error["retryAfterSeconds"] <= 3_600
    assert await intervals_spent() == _BURST - 1  # the first was not asked about
    await book(await make_buyer(), concert, 9)
    await book(buyer, await make_concert(), 0)


async def test_the_same_key_may_try_again_after_the_wait() -> None:
    concert, buyer = await make_concert(rows=4, seats_per_row=10), await make_buyer()
    lane = Lane()
    for index in range(_BURST):
        await lane.submit(hasty(buyer, concert, index))
    refused = await lane.submit(hasty(buyer, concert, 9, "k"))
    await database.execute("UPDATE rate_bucket SET full_at = full_at - interval '1 hour'")

    assert isinstance(refused, RateLimited)
    assert isinstance(await lane.submit(hasty(buyer, concert, 9, "k")), Reserved)


async def test_double_clicks_and_repeats_cost_nothing() -> None:
    concert, buyer = await make_concert(rows=4, seats_per_row=10), await make_buyer()
    for index in range(_BURST):
        clicks = [book(buyer, concert, index, key=f"k{index}") for _ in range(2)]
        first, second = await asyncio.gather(*clicks)
        assert first.id == second.id
    assert await intervals_spent() == _BURST - 1

    # At a node that knows nothing of them, and once everything is spent.
    await Lane().submit(hasty(buyer, concert, 8))
    again = await Lane().submit(hasty(buyer, concert, 0, "k0"))
    assert isinstance(again, Repeated)
    assert await intervals_spent() == _BURST


async def test_who_lost_the_seats_has_spent_an_attempt_too() -> None:
    concert, buyer = await make_concert(rows=4, seats_per_row=10), await make_buyer()
    await book(await make_buyer(), concert, 0)
    for _ in range(_BURST):
        with pytest.raises(SeatsUnavailable):
            await book(buyer, concert, 0)
    with pytest.raises(RateLimited):
        await book(buyer, concert, 0)


async def test_a_wish_that_waits_for_another_batch_is_counted_once() -> None:
    concert = await make_concert(rows=4, seats_per_row=10, ticket_limit=1)
    buyer, other = await make_buyer(), await make_buyer()
    calm, late = hasty(buyer, concert, 0), hasty(buyer, concert, 1)
    calm.is_hasty = False
    lane = Lane()

    # The first alone, the two together: the later one hopes, and is judged in a third batch.
    outcomes = await asyncio.gather(*map(lane.submit, (hasty(other, concert, 5), calm, late)))

    assert [type(one) for one in outcomes] == [Reserved, Reserved, TicketsPerAccountExceeded]
    assert await intervals_spent() == 2  # one of each account


async def test_a_second_click_does_not_slip_past_the_refusal_of_the_first() -> None:
    concert, buyer = await make_concert(rows=4, seats_per_row=10), await make_buyer()
    for index in range(_BURST):  # at another node
        await Lane().submit(hasty(buyer, concert, index))
    await book(buyer, concert, 8)

    clicks = [book(buyer, concert, 9, key="k") for _ in range(2)]
    outcomes = await asyncio.gather(*clicks, return_exceptions=True)

    assert [type(one).__name__ for one in outcomes] == ["RateLimited", "RateLimited"]
