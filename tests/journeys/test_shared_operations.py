"""The operations that the API was designed with run as they were written.

They are kept beside the checkout, not in it: this runs where the house is built.
"""

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    parse,
    print_ast,
    validate,
)

from bigcat_graphql.resolvers.api import schema
from tests.journeys.visitor import Visitor

OPERATIONS = Path(__file__).parents[3] / "shared" / "operations.graphql"


@pytest.fixture(scope="module")
def document() -> DocumentNode:
    if not OPERATIONS.exists():
        pytest.skip("the operations of the design are not here")
    return parse(OPERATIONS.read_text("utf-8"))


def test_they_are_valid(document: DocumentNode) -> None:
    assert len(operations_of(document)) == 12
    for name in operations_of(document):
        # One at a time: a fragment that another operation spreads is not unused here.
        assert validate(schema._schema, parse(extract(document, name))) == []


async def test_they_run(document: DocumentNode, visitor: Visitor) -> None:
    await visitor.come_in()
    facts = await look_around(visitor)
    for name, operation in operations_of(document).items():
        variables = variables_of(name, facts)
        request = {
            "query": extract(document, name),
            "operationName": name,
            "variables": variables,
        }
        watches = operation.operation is OperationType.SUBSCRIPTION
        answer = await (visitor.first_event(request) if watches else visitor.send(request))
        assert "errors" not in answer, (name, answer)
        for value in answer["data"].values():
            assert value, name
            assert not value.get("errors"), (name, value)


def operations_of(document: DocumentNode) -> dict[str, OperationDefinitionNode]:
    return {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode) and one.name
    }


def extract(document: DocumentNode, name: str) -> str:
    """Write one operation with the fragments that it spreads."""
    text = print_ast(operations_of(document)[name])
    fragments = [one for one in document.definitions if isinstance(one, FragmentDefinitionNode)]
    for fragment in fragments:
        if f"...{fragment.name.value}" in text:
            text += "\n" + print_ast(fragment)
    return text


async def look_around(visitor: Visitor) -> dict[str, Any]:
    """Find what the example variables leave open: a seated and a standing concert."""
    tabs = (await visitor.get("/graphiql/tabs.json")).json()
    variables = {tab["operationName"]: tab["variables"] for tab in tabs}
    seats = variables["BookThese"]["input"]
    return {
        "slug": variables["OneConcert"]["slug"],
        "concertId": seats["concertId"],
        "planVersion": seats["selection"]["seats"]["planVersion"],
        "indexes": seats["selection"]["seats"]["indexes"],
        "standing": variables["BookStanding"],
    }


def variables_of(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    concert_id, standing = facts["concertId"], facts["standing"]
    chosen = {"planVersion": facts["planVersion"], "indexes": facts["indexes"]}
    one_more = {"areaKey": standing["area"]["areaKey"], "quantity": 1}
    key = {"idempotencyKey": "{{uuid}}"}
    mine = {"bookingId": "{{bookingId}}"}  # the one made last, of standing places
    return {
        "SearchConcerts": {"filter": {"city": "Austin", "available": True, "status": ["ON_SALE"]}},
        "ConcertPage": {"slug": facts["slug"]},
        "SeatMapScreen": {"concertId": concert_id},
        "SeatingPlan": {"concertId": concert_id},
        "BookChosenSeats": {
            "input": {"concertId": concert_id, "selection": {"seats": chosen}} | key
        },
        "BookBestAvailable": {
            "concertId": concert_id,
            "best": {"quantity": 2, "seatTypes": ["REGULAR", "PREMIUM", "VIP"]},
            "key": "{{uuid}}",
        },
        "BookGeneralAdmission": {
            "concertId": standing["concertId"],
            "areaKey": standing["area"]["areaKey"],
            "quantity": 2,
            "key": "{{uuid}}",
        },
        "ChangeSeats": {"input": mine | key | {"add": {"generalAdmission": one_more}}},
        "PayBooking": {"input": {**mine, "provider": "test", "paymentMethod": "approve"} | key},
        "CancelBooking": {"input": {"by": {"id": "{{bookingId}}"}} | key},
        "WatchSeats": {"concertId": concert_id},
        "MyBookings": {"filter": {"status": ["PENDING", "CONFIRMED"]}},
    }.get(name, {})
