"""One account that hurries at two servers at once: PostgreSQL counts for both."""

import asyncio
import secrets
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.schema.ids import write_id
from tests.journeys.serving import serving
from tests.journeys.visitor import Visitor
from tests.scenes import make_concert

_BURST = 5
BOOK = """
mutation ($input: BookSeatsInput!) {
  bookSeats(input: $input) { booking { id } errors { ... on UserError { code } } }
}
"""
JOIN_LIST = """
mutation ($input: JoinWaitlistInput!) {
  joinWaitlist(input: $input) { errors { ... on UserError { code } } }
}
"""


def code_of(answer: Any) -> str:
    [payload] = answer["data"].values()
    return payload["errors"][0]["code"] if payload["errors"] else "DONE"


async def test_two_servers_let_the_burst_through_and_one_more_each(database: DatabaseUrl) -> None:
    concert = await make_concert(rows=5, seats_per_row=20, ticket_limit=100)
    concert_id = write_id("Concert", concert.id)
    variables = {
        "DATABASE_URL": str(database),
        "BIGCAT_SECRET_KEY": secrets.token_urlsafe(32),
        # No attempt comes back while the test runs.
        "BIGCAT_BOOKINGS_PER_MINUTE": "0.01",
        "BIGCAT_BOOKINGS_BURST": str(_BURST),
        "BIGCAT_JOINS_PER_MINUTE": "0.01",
        "BIGCAT_JOINS_BURST": str(_BURST),
        "BIGCAT_PENDING_BOOKINGS_MAX": "100",
    }
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(serving(**variables)) for _ in range(2)]
        people = [await stack.enter_async_context(Visitor(node)) for node in nodes]
        await people[0].come_in()
        people[1].take_over(people[0])

        async def book(number: int) -> str:
            wish = {"seats": {"planVersion": 1, "indexes": [number]}}
            asked = {"concertId": concert_id, "selection": wish, "idempotencyKey": str(uuid4())}
            request = {"query": BOOK, "variables": {"input": asked}}
            return code_of(await people[number % 2].send(request))

        async def join(number: int) -> str:
            request = {
                "query": JOIN_LIST,
                "variables": {"input": {"concertId": concert_id, "quantity": 1}},
            }
            return code_of(await people[number % 2].send(request))

        booked = Counter(await asyncio.gather(*map(book, range(40))))
        joined = Counter(await asyncio.gather(*map(join, range(40))))

    # The first at each node is nobody's hurry yet, as far as that node knows.
    through = _BURST + len(nodes)
    assert booked == {"DONE": through, "RATE_LIMITED": 40 - through}
    assert joined == {"EMAIL_NOT_VERIFIED": through, "RATE_LIMITED": 40 - through}
