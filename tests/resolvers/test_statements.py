"""How many statements an operation costs: as many for a long page as for a short one."""

from datetime import timedelta

import asyncpg
import pytest

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import Connection
from tests.booking.verbs import cancel, pay
from tests.resolvers.asking import hold, id_of, read
from tests.scenes import make_buyer, make_concert, make_plan, make_venue

pytestmark = pytest.mark.usefixtures("database")

_MINE = """
query ($first: Int!) {
  me {
    bookings(first: $first) {
      totalCount
      nodes {
        seats { label tier { name } }
        tickets { code seat { label } }
        concert { name startsAt soldOut venue { name } }
        payment { status }
      }
    }
  }
}
"""
_SEARCH = """
query ($first: Int!) {
  concerts(first: $first) {
    totalCount
    nodes {
      startsAt soldOut
      venue { name }
      availability { counts { available } }
      priceTiers { price { amount } counts { available } }
      seatMap { plan { url } }
    }
  }
}
"""
_NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Concert { startsAt } } }"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that this process sends."""
    sent: list[str] = []
    real = vars(asyncpg.Connection)["_execute"]

    async def noted(self: Connection, query: str, *args: object, **options: object) -> object:
        sent.append(query)
        return await real(self, query, *args, **options)

    monkeypatch.setattr(asyncpg.Connection, "_execute", noted)
    return sent


async def make_bookings(buyer: Viewer, count: int) -> list[str]:
    """Paid bookings, each of a concert of its own; gives the concerts' ids."""
    venue = await make_venue()
    plan = await make_plan(venue)
    ids = []
    for number in range(count):
        starts_at = utc_now() + timedelta(days=30 + number)
        concert = await make_concert(venue=venue, plan=plan, starts_at=starts_at)
        await pay(buyer, await hold(buyer, concert, 0, 1))
        ids.append(id_of(concert))
    return ids


@pytest.mark.parametrize("document", [_MINE, _SEARCH])
async def test_a_page_of_twelve_costs_as_many_statements_as_a_page_of_two(
    document: str, statements: list[str]
) -> None:
    buyer = await make_buyer()
    await make_bookings(buyer, 13)
    counts = []
    # The first warms the plan's cache up; of counts that are kept a second, the last is no older.
    for first in (12, 2, 12):
        statements.clear()
        await read(document, buyer, first=first)
        counts.append(len(statements))
    assert counts[1] >= counts[2]
    assert counts[2] <= 10


async def test_many_nodes_of_a_kind_are_loaded_at_once(statements: list[str]) -> None:
    buyer = await make_buyer()
    ids = await make_bookings(buyer, 5)
    statements.clear()
    await read(_NODES, buyer, ids=ids)
    assert len(statements) == 2


async def test_tickets_given_back_find_their_seats_too(statements: list[str]) -> None:
    buyer = await make_buyer()
    made = await pay(buyer, await hold(buyer, await make_concert(), 0, 1))
    await cancel(buyer, made)
    statements.clear()
    shown = await read(_MINE, buyer, first=1)
    tickets = shown["me"]["bookings"]["nodes"][0]["tickets"]
    assert [ticket["seat"]["label"] for ticket in tickets] == [
        "Stalls, row A, seat 1",
        "Stalls, row A, seat 2",
    ]
    assert len(statements) <= 12
