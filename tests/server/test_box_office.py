"""The whole house by HTTP: the explorer's tabs run one after the other on a concert on sale."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest

from bigcat_graphql.resolvers.api import schema
from bigcat_graphql.server.app import create_app
from bigcat_graphql.server.lifespan import connect_rooms
from bigcat_graphql.settings import Settings
from tests.scenes import make_concert
from tests.server.asking import ask, code_of

pytestmark = pytest.mark.usefixtures("database")


class Visitor:
    """Somebody with the explorer open: remembers a session and a booking as its page does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._token: str | None = None
        self._booking_id: str | None = None

    async def run(self, tab: dict[str, Any]) -> dict[str, Any]:
        watches = tab["operationName"] == "WatchSeats"
        headers = {"accept": "text/event-stream" if watches else "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        body = {**tab, "variables": self._fill(tab["variables"])}
        if watches:
            return await self._first_event(body, headers)
        answer = (await self._client.post("/graphql", json=body, headers=headers)).json()
        for payload in (answer.get("data") or {}).values():
            self._learn(payload or {})
        return cast("dict[str, Any]", answer)

    async def _first_event(self, body: Any, headers: dict[str, str]) -> dict[str, Any]:
        # httpx's ASGI transport waits for the end of a stream, so the app is called as it is.
        app = cast("httpx.ASGITransport", self._client._transport).app
        sent: list[bytes] = []

        async def receive() -> dict[str, Any]:
            if sent:
                await asyncio.Event().wait()  # the client stays
            return {"type": "http.request", "body": json.dumps(body).encode()}

        async def send(message: Any) -> None:
            sent.append(message.get("body", b""))
            if b"event: next" in message.get("body", b""):
                raise ConnectionResetError

        given = {**headers, "content-type": "application/json", "host": "box.test"}
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "scheme": "http",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        await app(scope, receive, send)
        event = b"".join(sent).partition(b"data: ")[2].partition(b"\n")[0]
        return cast("dict[str, Any]", json.loads(event))

    def _fill(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._fill(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._fill(one) for one in value]
        return {"{{uuid}}": str(uuid4()), "{{bookingId}}": self._booking_id}.get(str(value), value)

    def _learn(self, payload: dict[str, Any]) -> None:
        if payload.get("session"):
            self._token = payload["session"]["accessToken"]
        if payload.get("booking"):
            self._booking_id = payload["booking"]["id"]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(), schema, connect_rooms())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://box.test") as one,
    ):
        yield one


async def test_each_tab_of_the_explorer_runs_as_it_is(client: httpx.AsyncClient) -> None:
    await make_concert(rows=2, seats_per_row=10, floor=50)
    visitor = Visitor(client)
    tabs = (await client.get("/graphiql/tabs.json")).json()
    assert "{{" not in json.dumps(tabs).replace("{{uuid}}", "").replace("{{bookingId}}", "")
    for tab in tabs:
        answer = await visitor.run(tab)
        assert "errors" not in answer, (tab["operationName"], answer)
        payload = next(iter(answer["data"].values()))
        assert not payload.get("errors"), (tab["operationName"], payload)


async def test_the_budget_in_the_schema_is_the_one_in_the_extensions(
    client: httpx.AsyncClient,
) -> None:
    query = "{ rateLimit { cost limit remaining resetAt } concerts(first: 10) { totalCount } }"
    answer = (await ask(client, query)).json()
    told, shown = answer["data"]["rateLimit"], answer["extensions"]["cost"]
    assert told["cost"] == shown["requestedQueryCost"] == 1 + 5
    assert told["limit"] == shown["throttleStatus"]["maximumAvailable"]
    assert told["remaining"] == shown["throttleStatus"]["currentlyAvailable"]


async def test_each_id_of_nodes_costs_a_point(
    client: httpx.AsyncClient,
) -> None:
    hundred = {"ids": ["x"] * 100}
    answer = (await ask(client, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", hundred)).json()
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 100
    fields = " ".join(f"a{number}: nodes(ids: $ids) {{ id }}" for number in range(9))
    many = {"ids": ["x"] * 112}
    refused = (await ask(client, f"query($ids: [ID!]!) {{ {fields} }}", many)).json()
    assert code_of(refused) == "COST_EXCEEDED"
    assert refused["errors"][0]["extensions"]["cost"] == 9 * 112


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("{ concerts(first: 0) { totalCount nodes { id } } }", "first"),
        ("{ concerts(first: 10000) { nodes { id } } }", "first"),
        ('{ concerts(after: "forged") { nodes { id } } }', "after"),
    ],
)
async def test_an_argument_that_breaks_a_rule_is_named(
    client: httpx.AsyncClient, query: str, argument: str
) -> None:
    answer = (await ask(client, query)).json()
    assert code_of(answer) == "BAD_USER_INPUT"
    assert answer["errors"][0]["extensions"]["argument"] == argument
