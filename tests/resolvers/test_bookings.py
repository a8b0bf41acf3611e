"""booking and me.bookings."""

import pytest

from bigcat_graphql.clock import utc_now
from bigcat_graphql.ids import print_reference
from bigcat_graphql.schema.context import Context, RateBudget
from tests.booking.verbs import let_time_pass, pay
from tests.resolvers.asking import ask_within, hold, id_of, read
from tests.scenes import make_buyer, make_concert, make_organizer

pytestmark = pytest.mark.usefixtures("database")

_BOOKING = """
query ($by: BookingBy!) {
  booking(by: $by) {
    id reference status reservedUntil secondsLeft cancellableUntil
    tickets { code } concert { slug }
  }
}
"""
_MINE = """
query ($first: Int, $after: String, $filter: BookingFilter) {
  me {
    bookings(first: $first, after: $after, filter: $filter) {
      totalCount
      edges { cursor node { id } }
      nodes { id status }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


async def test_a_booking_is_shown_to_its_buyer_and_the_organizer_and_to_nobody_else() -> None:
    buyer, concert = await make_buyer(), await make_concert(slug="evening")
    made = await pay(buyer, await hold(buyer, concert, 0))
    by = {"id": id_of(made)}
    shown = (await read(_BOOKING, buyer, by=by))["booking"]
    assert (shown["status"], shown["concert"]["slug"]) == ("CONFIRMED", "evening")
    assert shown["reference"] == print_reference(made.reference)
    assert shown["tickets"][0]["code"]

    seen = (await read(_BOOKING, await make_organizer(concert), by=by))["booking"]
    assert seen["tickets"] == [{"code": None}]
    assert await read(_BOOKING, await make_buyer(), by=by) == {"booking": None}
    assert await read(_BOOKING, None, by=by) == {"booking": None}


async def test_reference_and_email_together_open_a_booking_on_any_device() -> None:
    buyer = await make_buyer("ada@example.org")
    made = await pay(buyer, await hold(buyer, await make_concert(), 0))
    typed = print_reference(made.reference).lower()
    by = {"reference": {"reference": typed, "email": "Ada@Example.org"}}
    shown = (await read(_BOOKING, None, by=by))["booking"]
    assert shown["tickets"][0]["code"]
    wrong = {"reference": {"reference": typed, "email": "eve@example.org"}}
    assert await read(_BOOKING, None, by=wrong) == {"booking": None}


async def test_a_booking_whose_time_is_over_shows_as_expired() -> None:
    buyer = await make_buyer()
    made = await hold(buyer, await make_concert(), 0)
    await let_time_pass(made)
    shown = (await read(_BOOKING, buyer, by={"id": id_of(made)}))["booking"]
    assert (shown["status"], shown["reservedUntil"]) == ("EXPIRED", None)
    assert (shown["secondsLeft"], shown["cancellableUntil"]) == (None, None)


async def test_my_bookings_come_newest_first_page_by_page() -> None:
    buyer, concert = await make_buyer(), await make_concert()
    made = [await hold(buyer, concert, index) for index in range(3)]
    newest_first = [id_of(one) for one in reversed(made)]

    page = (await read(_MINE, buyer, first=2))["me"]["bookings"]
    assert ([one["id"] for one in page["nodes"]], page["totalCount"]) == (newest_first[:2], 3)
    after = page["pageInfo"]["endCursor"]
    page = (await read(_MINE, buyer, first=2, after=after))["me"]["bookings"]
    assert [edge["node"]["id"] for edge in page["edges"]] == newest_first[2:]
    assert not page["pageInfo"]["hasNextPage"]


async def test_my_bookings_are_found_by_state_and_concert() -> None:
    buyer, concert = await make_buyer(), await make_concert()
    await hold(buyer, concert, 0)
    other = await pay(buyer, await hold(buyer, await make_concert(), 0))
    found = await read(_MINE, buyer, filter={"status": ["CONFIRMED"]})
    assert [one["id"] for one in found["me"]["bookings"]["nodes"]] == [id_of(other)]
    found = await read(_MINE, buyer, filter={"concertId": id_of(concert)})
    assert [one["status"] for one in found["me"]["bookings"]["nodes"]] == ["PENDING"]
    found = await read(_MINE, buyer, filter={"concertId": "nonsense"})
    assert found["me"]["bookings"]["totalCount"] == 0


async def test_the_budget_is_told_where_one_is_kept() -> None:
    document = "{ rateLimit { cost limit remaining resetAt } }"
    budget = RateBudget(cost=3, limit=10_000, remaining=9_997, reset_at=utc_now())
    told = await ask_within(Context(rate=budget), document)
    assert told.data["rateLimit"]["remaining"] == 9_997
    assert await read(document) == {"rateLimit": None}
