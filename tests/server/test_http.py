"""GraphQL over HTTP."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bigcat_graphql.server.app import create_app
from bigcat_graphql.server.persisted import hash_text
from bigcat_graphql.settings import Settings
from tests.server.asking import NEW, ask, code_of
from tests.server.toy import schema
from tests.server.toy_server import SERVICES

JSON = {"content-type": "application/json"}


async def test_an_answer_has_data_and_what_it_cost(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "{ items(first: 3) { nodes { whole { name } } } }")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{NEW}; charset=utf-8"
    assert answer.headers["vary"] == "Accept"
    cost = answer.json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 1 + 1 + 3
    left = cost["throttleStatus"]["currentlyAvailable"]
    assert 10_000 - 5 - 20 <= left <= 10_000 - 5  # it is new, and points come back all the time


@pytest.mark.parametrize(
    "query", ["{", "{ nope }", "query($a: Int!) { echo }", "{ item(by: {}) { name } }"]
)
async def test_a_request_error_has_no_data_and_status_400_or_200_for_old_clients(
    client: httpx.AsyncClient, query: str
) -> None:
    new = await ask(client, query)
    old = await ask(client, query, accept="application/json")
    assert (new.status_code, old.status_code) == (400, 200)
    assert new.json().keys() == old.json().keys() == {"errors"}
    assert code_of(new.json()) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"1", b'"a"', b"[]", b"{", b"\xff", b'{"query": "\xff"}',
        b"[" * 100_000, b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
        b"{}", b'{"query": 1}', b'{"query": ""}', b'{"query": "{hello}", "variables": [1]}',
        b'{"query": "{hello}", "operationName": {}}', b'{"query": "{hello}", "extensions": 0}',
        b'{"query": "{hello}", "documentId": 5}', b'[{"query": "{hello}"}]',
    ],
)  # fmt: skip
async def test_a_body_that_is_no_request_gets_400(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/graphql", content=body, headers=JSON)
    assert answer.status_code == 400
    assert code_of(answer.json()) == "BAD_USER_INPUT"


async def test_a_body_over_256_kb_gets_413_declared_or_not(client: httpx.AsyncClient) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1024

    for content in (b" " * 262_145, trickle()):
        answer = await client.post("/graphql", content=content, headers=JSON)
        assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def test_other_methods_get_405_and_are_told_which_to_use(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, "/graphql")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


async def test_other_media_types_get_415_and_406(client: httpx.AsyncClient) -> None:
    form = await client.post("/graphql", content=b"query=x", headers={"content-type": "text/plain"})
    html = await ask(client, "{ hello }", accept="text/html")
    assert (form.status_code, html.status_code) == (415, 406)


async def test_a_query_by_get_answers_and_a_mutation_by_get_gets_405(
    client: httpx.AsyncClient,
) -> None:
    variables = json.dumps({"t": "hi"})
    query = "query($t: String!) { echo(text: $t) }"
    good = await client.get("/graphql", params={"query": query, "variables": variables})
    bad = await client.get("/graphql", params={"query": 'mutation { setName(name: "x") }'})
    assert good.json()["data"] == {"echo": "hi"}
    assert (bad.status_code, bad.headers["allow"]) == (405, "POST")


async def test_a_get_planted_in_a_foreign_page_is_refused(client: httpx.AsyncClient) -> None:
    image = {"sec-fetch-mode": "no-cors", "sec-fetch-site": "cross-site"}
    answer = await client.get("/graphql", params={"query": "{ hello }"}, headers=image)
    assert answer.status_code == 400


@pytest.mark.parametrize("params", ["query=%FF", "query=a&variables=[]", "query=a&extensions={"])
async def test_a_query_string_that_is_no_request_gets_400(
    client: httpx.AsyncClient, params: str
) -> None:
    assert (await client.get(f"/graphql?{params}")).status_code == 400


async def test_a_document_is_named_by_its_hash_once_it_was_sent(client: httpx.AsyncClient) -> None:
    query = '{ echo(text: "apq") }'
    asked = {"persistedQuery": {"version": 1, "sha256Hash": hash_text(query)}}

    async def post(**body: Any) -> dict[str, Any]:
        answer = await client.post("/graphql", json={"extensions": asked, **body})
        return answer.json()  # type: ignore[no-any-return] # JSON

    assert (await post())["errors"][0]["message"] == "PersistedQueryNotFound"
    assert (await post(query=query))["data"] == {"echo": "apq"}
    assert (await post())["data"] == {"echo": "apq"}
    assert code_of(await post(query="{ hello }")) == "BAD_USER_INPUT"
    by_id = await client.get("/graphql", params={"documentId": f"sha256:{hash_text(query)}"})
    assert by_id.json()["data"] == {"echo": "apq"}


@pytest.mark.parametrize(
    ("how", "extensions"),
    [
        ("argument", {"code": "BAD_USER_INPUT", "argument": "first"}),
        ("missing", {"code": "BAD_USER_INPUT"}),
        ("signin", {"code": "UNAUTHENTICATED"}),
        ("forbidden", {"code": "FORBIDDEN"}),
        ("busy", {"code": "THROTTLED", "retryAfterSeconds": 3}),
    ],
)
async def test_a_fact_of_the_domain_is_told_by_its_code(
    client: httpx.AsyncClient, how: str, extensions: dict[str, Any]
) -> None:
    answer = (await ask(client, f'{{ hello fail(how: "{how}") }}')).json()
    assert answer["data"] == {"hello": "Hello world", "fail": None}
    assert answer["errors"][0]["extensions"] == extensions
    assert answer["errors"][0]["path"] == ["fail"]


async def test_an_exception_nobody_expected_is_masked_and_logged(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await ask(client, '{ fail(how: "bug") }')
    error = answer.json()["errors"][0]
    log_id = error["extensions"]["logId"]
    assert error["message"] == f"Something went wrong on our side; it is logged as {log_id}."
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in answer.text
    assert log_id in capsys.readouterr().out


async def test_a_wrong_argument_at_run_time_is_the_callers_fault(client: httpx.AsyncClient) -> None:
    query = "query($slug: String) { item(by: {slug: $slug}) { name } }"
    assert code_of((await ask(client, query)).json()) == "BAD_USER_INPUT"


async def test_a_token_says_who_calls_and_a_bad_one_is_never_a_visitor(
    client: httpx.AsyncClient,
) -> None:
    good = await ask(client, "{ whoami }", authorization="Bearer good")
    assert good.json()["data"]["whoami"] == "00000000-0000-0000-0000-000000000007"
    assert (await ask(client, "{ whoami }")).json()["data"]["whoami"] is None
    for bad in ("Bearer bad", "Basic good", "good", "Bearer"):
        answer = await ask(client, "{ whoami }", authorization=bad)
        assert (answer.status_code, code_of(answer.json())) == (400, "UNAUTHENTICATED")


async def test_an_operation_that_costs_too_much_is_not_run(client: httpx.AsyncClient) -> None:
    answer = (await ask(client, "{ dear also: dear }")).json()
    assert code_of(answer) == "COST_EXCEEDED"
    assert answer["errors"][0]["extensions"]["cost"] == 1_200


async def test_who_spends_all_points_is_throttled() -> None:
    settings = Settings.model_validate({"rate_points": 1_000, "rate_points_per_second": 1})
    transport = httpx.ASGITransport(create_app(settings, schema, SERVICES))
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
        assert (await ask(client, "{ dear }")).status_code == 200
        answer = (await ask(client, "{ dear }")).json()
    assert code_of(answer) == "THROTTLED"
    assert answer["errors"][0]["extensions"]["retryAfterSeconds"] >= 1


async def left_after(client: httpx.AsyncClient, query: str) -> int:
    """Ask for what a known document has told: what is left of the budget."""
    await ask(client, query)
    shown = (await ask(client, "{ hello }")).json()["extensions"]["cost"]
    assert shown["requestedQueryCost"] == 0
    return int(shown["throttleStatus"]["currentlyAvailable"])


@pytest.fixture
async def poor() -> AsyncIterator[httpx.AsyncClient]:
    """A client of 1,000 points, which do not grow while a test runs; it knows one document."""
    settings = Settings.model_validate({"rate_points": 1_000, "rate_points_per_second": 1})
    settings = settings.model_copy(update={"rate_points_per_second": 1e-6})
    transport = httpx.ASGITransport(create_app(settings, schema, SERVICES))
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
        await ask(client, "{ hello }")
        yield client


@pytest.mark.parametrize("query", ["{ whoami }", "{", "{ nope }", "{ hello }" + " " * 70_000])
async def test_a_new_document_has_a_price_even_if_it_is_wrong(
    poor: httpx.AsyncClient, query: str
) -> None:
    assert await left_after(poor, query) == 1_000 - 20 - 20


async def test_a_flood_of_new_documents_is_stopped_before_they_are_read(
    poor: httpx.AsyncClient,
) -> None:
    answers = [(await ask(poor, "{" + " " * n)).json() for n in range(50)]
    assert [code_of(one) for one in answers] == ["BAD_USER_INPUT"] * 49 + ["THROTTLED"]
    assert (await ask(poor, "{ hello }")).status_code == 200


async def test_introspection_has_a_price_until_its_answer_is_kept(
    poor: httpx.AsyncClient,
) -> None:
    kept = "{ __schema { queryType { name } } }"
    assert await left_after(poor, kept) == 980 - 20 - 10
    assert await left_after(poor, kept) == 950
    mixed = '{ hello a: __type(name: "Item") { name } b: __type(name: "Item") { name } }'
    assert await left_after(poor, mixed) == 950 - 20 - 20
    assert await left_after(poor, mixed) == 910 - 20


async def test_a_long_subscription_pays_for_what_it_keeps(poor: httpx.AsyncClient) -> None:
    for length, price in ((1_000, 0), (3_000, 200)):
        before = await left_after(poor, "{ hello }")
        query = "subscription { count(to: 1) }".ljust(length)
        await ask(poor, query, accept="text/event-stream")
        assert before - await left_after(poor, "{ hello }") == 20 + price


async def test_text_with_a_nul_is_refused_in_variables_too(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "query($t: String!) { echo(text: $t) }", {"t": "a\0b"})
    assert code_of(answer.json()) == "BAD_USER_INPUT"


async def test_variables_of_more_values_than_make_sense_are_refused(
    client: httpx.AsyncClient,
) -> None:
    query = "query($t: String) { echo(text: $t) }"
    answer = await ask(client, query, {"t": "", "more": list(range(2_000))})
    assert code_of(answer.json()) == "BAD_USER_INPUT"


async def test_a_lone_surrogate_does_no_harm(client: httpx.AsyncClient) -> None:
    body = b'{"query": "query($t: String!) { echo(text: $t) }", "variables": {"t": "\\ud800"}}'
    answer = await client.post("/graphql", content=body, headers=JSON)
    assert answer.status_code in {200, 400}


async def test_introspection_answers_the_same_every_time(client: httpx.AsyncClient) -> None:
    query = "{ __schema { queryType { name } } }"
    first, second = [(await ask(client, query)).json()["data"] for _ in range(2)]
    assert first == second == {"__schema": {"queryType": {"name": "Query"}}}


async def test_a_subscription_by_plain_post_is_told_where_to_go(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "subscription { count }")
    assert answer.status_code == 400
    assert "graphql-transport-ws" in answer.json()["errors"][0]["message"]


async def test_only_allowed_origins_may_read_answers_from_a_page() -> None:
    settings = Settings.model_validate({"allowed_origins": ("https://shop.example",)})
    transport = httpx.ASGITransport(create_app(settings, schema, SERVICES))
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
        good = await ask(client, "{ hello }", origin="https://shop.example")
        bad = await ask(client, "{ hello }", origin="https://evil.example")
    assert good.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in bad.headers
    assert "Accept" in good.headers["vary"]


async def test_answers_are_never_sniffed_or_stored(client: httpx.AsyncClient) -> None:
    headers = (await ask(client, "{ hello }")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
