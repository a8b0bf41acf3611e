"""Nonsense by HTTP: the answer is JSON, never a 5xx, and tells nothing of our insides."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes
from schemathesis.core.result import Ok

from tests.journeys.serving import Server
from tests.journeys.visitor import Visitor

SCHEMA = Path(__file__).parents[2] / "schema.graphql"
# What only a program's inside says.
_LEAKS = (
    "traceback",
    "asyncpg",
    "tortoise",
    "strawberry.",
    'file "',
    "syntaxerror",
    "site-packages",
)
_LOAD = schemathesis.graphql.from_file(SCHEMA.read_text("utf-8"))
_OPERATIONS = [found.ok() for found in _LOAD.get_all_operations() if isinstance(found, Ok)]
for _name, _examples in {
    "Decimal": st.decimals().map(str) | st.text(),
    "CurrencyCode": st.sampled_from(["USD", "EUR", "XXX"]) | st.text(),
    "LocalTime": st.times().map(str) | st.text(),
}.items():
    schemathesis.graphql.scalar(_name, _examples.map(nodes.String))

# The same on every machine and every time, and no file of examples beside the checkout.
calm = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_TEXT = st.text() | st.sampled_from(["", "\x00", "%_\\", "' OR 1=1 --", "\u202e", "x" * 5_000])
_FILTERED = """
query (
  $text: String, $filter: ConcertFilter, $first: Int, $after: String, $id: ID!, $slug: String!
) {
  concerts(filter: $filter, first: $first, after: $after) { totalCount nodes { id name } }
  found: concerts(filter: {text: $text, artist: $text, venue: $text, city: $text}) { totalCount }
  node(id: $id) { id }
  concert(by: {slug: $slug}) { id }
  seatMap(concertId: $id) { id }
}
"""
_FILTER = st.fixed_dictionaries(
    {},
    optional={
        "text": _TEXT,
        "localDate": st.dates().map(str) | _TEXT,
        "localDateRange": st.fixed_dictionaries(
            {}, optional={"from": st.dates().map(str), "to": st.dates().map(str)}
        ),
        "startsAt": st.fixed_dictionaries(
            {}, optional={"from": st.datetimes().map(lambda at: f"{at.isoformat()}Z"), "to": _TEXT}
        ),
        "localTime": st.fixed_dictionaries({}, optional={"from": st.times().map(str), "to": _TEXT}),
        "near": st.fixed_dictionaries(
            {"latitude": st.floats(), "longitude": st.floats(), "radiusKm": st.floats()}
        ),
        "maxPrice": st.fixed_dictionaries(
            {"amount": st.decimals().map(str) | st.integers() | _TEXT, "currency": _TEXT}
        ),
        "available": st.booleans() | st.none(),
        "status": st.lists(st.sampled_from(["ON_SALE", "CLOSED"]), max_size=3),
    },
)

Post = Callable[[bytes], None]


@pytest.fixture
async def guest(visitor: Visitor) -> dict[str, str]:
    await visitor.come_in()
    return visitor.headers


@pytest.fixture
def post(demo: Server, guest: dict[str, str]) -> Post:
    """Send a body, every other one as somebody who is signed in, and look at what comes back."""
    number = 0

    def send(body: bytes) -> None:
        nonlocal number
        number += 1
        # Each from another address: else most would meet the rate limit and nothing behind it.
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        response = httpx.post(
            f"{demo.address}/graphql",
            content=body,
            headers={
                "content-type": "application/json",
                "x-forwarded-for": address,
                **(guest if number % 2 else {}),
            },
            timeout=60,
        )
        check(response)

    return send


def check(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    answer = response.json()
    codes = [error.get("extensions", {}).get("code") for error in answer.get("errors", ())]
    assert None not in codes, answer
    assert "INTERNAL" not in codes, answer
    messages = json.dumps([error["message"] for error in answer.get("errors", ())]).lower()
    assert [leak for leak in _LEAKS if leak in messages] == [], answer


@pytest.mark.parametrize("operation", _OPERATIONS, ids=lambda operation: operation.label)
async def test_what_the_schema_allows_is_answered(post: Post, operation: Any) -> None:
    @settings(calm, max_examples=6)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        post(json.dumps({"query": case.body}).encode())

    ask()


async def test_strange_variables_are_answered(post: Post) -> None:
    @settings(calm, max_examples=60)
    @given(filter_=_FILTER, text=_TEXT, number=st.integers() | st.none(), cursor=_TEXT)
    def ask(filter_: Any, text: str, number: int | None, cursor: str) -> None:
        variables = {
            "filter": filter_,
            "text": text,
            "first": number,
            "after": cursor,
            "id": cursor,
            "slug": text,
        }
        post(json.dumps({"query": _FILTERED, "variables": variables}).encode())

    ask()


async def test_odd_json_is_answered(post: Post) -> None:
    @settings(calm, max_examples=60)
    @given(
        body=_JSON
        | st.fixed_dictionaries(
            {"query": st.just("{ me { id } }") | _JSON},
            optional={"variables": _JSON, "operationName": _JSON, "extensions": _JSON},
        )
    )
    def ask(body: Any) -> None:
        post(json.dumps(body).encode())

    ask()


async def test_bytes_that_are_no_json_are_answered(post: Post) -> None:
    @settings(calm, max_examples=40)
    @given(body=st.binary() | st.text().map(str.encode) | st.just(b"[" * 50_000))
    def ask(body: bytes) -> None:
        post(body)

    ask()


async def test_documents_with_a_part_torn_out_are_answered(post: Post) -> None:
    @settings(calm, max_examples=60)
    @given(
        start=st.integers(0, len(_FILTERED)),
        length=st.integers(0, 40),
        instead=_TEXT | st.sampled_from(["{", "}", "...", '"""', "@skip(if: $if)", "__typename"]),
    )
    def ask(start: int, length: int, instead: str) -> None:
        document = _FILTERED[:start] + instead + _FILTERED[start + length :]
        post(json.dumps({"query": document, "variables": {"id": "x", "slug": "y"}}).encode())

    ask()
