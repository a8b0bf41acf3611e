"""The pages, the explorer, seating plans and health."""

import gzip
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bigcat_graphql.server import explorer, explorer_assets
from bigcat_graphql.server.app import create_app
from bigcat_graphql.settings import Settings
from tests.server.toy import schema
from tests.server.toy_server import SERVICES

PLAN_HASH = "ab" * 32
PLAN = json.dumps({"name": "End stage", "rows": ["A"] * 1_000}).encode()


@asynccontextmanager
async def serving(**services: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(), schema, replace(SERVICES, **services))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
        client.params = httpx.QueryParams()
        yield client


class Plans:
    """A catalogue that counts how often it is read."""

    def __init__(self) -> None:
        self.reads = 0

    async def read(self, plan_hash: str) -> bytes | None:
        self.reads += 1
        return PLAN if plan_hash == PLAN_HASH else None


async def test_a_plan_is_compressed_immutable_and_read_once() -> None:
    plans = Plans()
    async with serving(read_plan=plans.read) as client:
        answers = [await client.get(f"/plans/{PLAN_HASH}.json") for _ in range(3)]
        plain = await client.get(f"/plans/{PLAN_HASH}.json", headers={"accept-encoding": "br"})
    headers = answers[0].headers
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) < len(PLAN) / 10
    assert answers[0].content == plain.content == PLAN
    assert plans.reads == 1


async def test_who_has_the_plan_gets_304() -> None:
    async with serving(read_plan=Plans().read) as client:
        etag = (await client.get(f"/plans/{PLAN_HASH}.json")).headers["etag"]
        again = await client.get(f"/plans/{PLAN_HASH}.json", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["cd" * 32, "nonsense", "..%2F..%2Fetc%2Fpasswd", "a%00b"])
async def test_a_plan_that_does_not_exist_is_404(name: str) -> None:
    async with serving(read_plan=Plans().read) as client:
        assert (await client.get(f"/plans/{name}.json")).status_code == 404


async def test_ready_says_what_is_missing_and_healthy_is_only_the_process() -> None:
    async def fault() -> str | None:
        return "migrations are pending"

    async def crash() -> str | None:
        raise OSError("secret host name")

    async with serving() as client:
        assert (await client.get("/readyz")).json() == {"status": "ready"}
    async with serving(find_fault=fault) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["reason"]) == (503, "migrations are pending")
        assert (await client.get("/healthz")).json() == {"status": "ok"}
    async with serving(find_fault=crash) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "secret" not in answer.text


async def test_what_works_less_well_does_not_make_it_unready() -> None:
    async with serving(find_flaws=lambda: ["the bus is away"]) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {"status": "ready", "flaws": ["the bus is away"]}


async def test_the_front_page_says_what_is_on_sale_and_where_to_go() -> None:
    async def count() -> int | None:
        return 1_234

    async with serving(count_on_sale=count) as client:
        answer = await client.get("/")
    assert "1,234 concerts are on sale now." in answer.text
    for place in ("/graphiql", "/healthz", "/readyz"):
        assert f'href="{place}"' in answer.text


async def test_the_front_page_is_there_without_the_database() -> None:
    async def crash() -> int | None:
        raise OSError

    async with serving(count_on_sale=crash) as client:
        assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/graphiql"])
async def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(path: str) -> None:
    async with serving() as client:
        answer = await client.get(path)
        for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
            assert (await client.get(name)).status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?:', answer.text)
    assert not re.search(r"<script(?![^>]*src)|<style|style=|onclick", answer.text)


async def test_without_its_files_the_explorer_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(explorer_assets, "ASSETS", tmp_path / "none")
    async with serving() as client:
        answer = await client.get("/graphiql")
        assert (await client.get("/graphiql/assets/react.js")).status_code == 404
    assert "python -m bigcat_graphql.server.explorer_assets" in answer.text


async def test_with_its_files_the_explorer_serves_them_compressed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in (explorer, explorer_assets):
        monkeypatch.setattr(module, "ASSETS", tmp_path)
    for name in explorer_assets.FILES:
        (tmp_path / name).write_bytes(b"/* it */")
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(b"/* it */"))
    async with serving() as client:
        page = await client.get("/graphiql")
        for name in explorer_assets.FILES:
            assert f"/graphiql/assets/{name}" in page.text
            asset = await client.get(f"/graphiql/assets/{name}")
            assert (asset.content, asset.headers["content-encoding"]) == (b"/* it */", "gzip")
        assert (await client.get("/graphiql/assets/LICENSE.react")).status_code == 404


async def test_the_tabs_are_filled_from_what_is_on_sale() -> None:
    async def examples() -> Mapping[str, object]:
        return {"slug": "opening-night", "seatIndexes": [3, 4]}

    async with serving(find_examples=examples) as client:
        tabs = {
            tab["operationName"]: tab for tab in (await client.get("/graphiql/tabs.json")).json()
        }
    assert tabs["OneConcert"]["variables"] == {"slug": "opening-night"}
    chosen = tabs["BookThese"]["variables"]["input"]
    assert chosen["selection"]["seats"] == {"planVersion": "{{planVersion}}", "indexes": [3, 4]}
    assert chosen["idempotencyKey"] == "{{uuid}}"


async def test_the_explorer_can_be_switched_off() -> None:
    settings = Settings.model_validate({"explorer": False})
    transport = httpx.ASGITransport(create_app(settings, schema, SERVICES))
    async with httpx.AsyncClient(transport=transport, base_url="http://box.test") as client:
        assert (await client.get("/graphiql")).status_code == 404
        assert '<li hidden><a href="/graphiql">' in (await client.get("/")).text


BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/no/such/page", 404, "There is nothing at this address."),
        ("POST", "/", 405, "This address takes other methods."),
        ("GET", "/t/bad/ticket.pdf", 404, "the link to it is over: get a new one."),
    ],
)
async def test_who_is_lost_is_led_back_by_a_page_and_programs_by_a_line(
    method: str, path: str, status: int, says: str
) -> None:
    async with serving() as client:
        page = await client.request(method, path, headers=BROWSER)
        line = await client.request(method, path, headers={"accept": "*/*"})
    assert (page.status_code, line.status_code) == (status, status)
    assert 'lang="en"' in page.text
    assert says in page.text
    assert 'href="/"' in page.text
    assert says in line.text
    assert line.headers["content-type"].startswith("text/plain")
    assert page.headers.get("allow") == line.headers.get("allow")
    assert ("allow" in page.headers) == (status == 405)


async def test_an_address_that_does_not_exist_is_not_repeated_in_the_page() -> None:
    async with serving() as client:
        page = await client.get("/<script>alert(1)</script>", headers=BROWSER)
    assert "alert" not in page.text


async def test_a_browser_at_the_endpoint_is_told_where_to_go() -> None:
    async with serving() as client:
        answer = await client.get("/graphql", headers=BROWSER)
    assert answer.status_code == 400
    assert "the page / says how" in answer.json()["errors"][0]["message"]
