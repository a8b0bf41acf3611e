"""The explorer's tabs: the main operations, with variables that work on what is on sale now."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

_DOCUMENTS = resources.files("bigcat_graphql.server") / "tabs"


@dataclass(frozen=True)
class Tab:
    """An operation, in a file of its name in `tabs/`, and the variables it starts with.

    A text `{{name}}` stands for an example that the server fills in; the page itself fills in
    `{{uuid}}` and `{{bookingId}}` at each run.
    """

    operation_name: str
    variables: dict[str, Any]

    @cached_property
    def query(self) -> str:
        """The document, with the fragments it spreads."""
        stem = re.sub(r"(?<!^)(?=[A-Z])", "_", self.operation_name).lower()
        text = _read(stem)
        spread = {name for name in _FRAGMENTS if f"...{name}" in text}
        return "\n".join([text, *(_read(_FRAGMENTS[name]) for name in sorted(spread))])


_FRAGMENTS = {"BookingParts": "_booking", "FaultParts": "_fault"}

# The way to a ticket first: of a dozen tabs a window shows half.
TABS = (
    Tab("FindConcerts", {"first": 10, "filter": {"status": ["ON_SALE"], "available": True}}),
    Tab("ComeIn", {"input": {"email": "guest@example.com", "name": "A Guest"}}),
    Tab("BookTheBest", {"concertId": "{{concertId}}", "best": {"quantity": 2}, "key": "{{uuid}}"}),
    Tab(
        "Pay",
        {
            "input": {
                "bookingId": "{{bookingId}}",
                "provider": "test",
                "paymentMethod": "approve",
                "idempotencyKey": "{{uuid}}",
            }
        },
    ),
    Tab("WatchSeats", {"concertId": "{{concertId}}"}),
    Tab("OneConcert", {"slug": "{{slug}}"}),
    Tab("SeatMap", {"slug": "{{slug}}"}),
    Tab("SeatingPlan", {"slug": "{{slug}}"}),
    Tab(
        "BookStanding",
        {
            "concertId": "{{standingConcertId}}",
            "area": {"areaKey": "{{areaKey}}", "quantity": 2},
            "key": "{{uuid}}",
        },
    ),
    Tab(
        "BookThese",
        {
            "input": {
                "concertId": "{{concertId}}",
                "selection": {
                    "seats": {"planVersion": "{{planVersion}}", "indexes": "{{seatIndexes}}"}
                },
                "idempotencyKey": "{{uuid}}",
            }
        },
    ),
    Tab(
        "ChangeSeats",
        {
            "input": {
                "bookingId": "{{bookingId}}",
                "add": {"bestAvailable": {"quantity": 1}},
                "idempotencyKey": "{{uuid}}",
            }
        },
    ),
    Tab("MyBookings", {"first": 10, "filter": {"status": ["PENDING", "CONFIRMED"]}}),
    Tab("Cancel", {"input": {"by": {"id": "{{bookingId}}"}, "idempotencyKey": "{{uuid}}"}}),
)


def fill_tabs(examples: Mapping[str, object]) -> list[dict[str, Any]]:
    """Write the tabs for the page, with the examples in place of their names."""
    return [
        {
            "operationName": tab.operation_name,
            "query": tab.query,
            "variables": fill_in(tab.variables, examples),
        }
        for tab in TABS
    ]


def fill_in(value: Any, examples: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON is anything
    """Replace each text `{{name}}` by its example; a name without one stays as it is."""
    if isinstance(value, dict):
        return {name: fill_in(one, examples) for name, one in value.items()}
    if isinstance(value, list):
        return [fill_in(one, examples) for one in value]
    if isinstance(value, str) and value.startswith("{{") and value.endswith("}}"):
        return examples.get(value[2:-2], value)
    return value


def _read(stem: str) -> str:
    return (_DOCUMENTS / f"{stem}.graphql").read_text("utf-8")
