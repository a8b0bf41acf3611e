"""Stripe at the edge of the network: HTTP that keeps state and idempotency keys, and has accidents.

Idempotency is Stripe's to the letter: what began to run is stored under its key, errors too, and
comes back for the same parameters; other parameters are an error; two at once are a conflict.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl

import orjson
import uvicorn
from starlette.types import Receive, Scope, Send

from tests.payments.stripe_fake_books import Books, Json, Refused

KEY = "sk_test_of_the_fake"
_SEARCHED = re.compile(r"metadata\['payment_id'\]:'([\w-]+)'")


class Step(StrEnum):
    """What is asked of Stripe."""

    CREATE = r"POST /v1/payment_intents"
    CAPTURE = r"POST /v1/payment_intents/(\w+)/capture"
    CANCEL = r"POST /v1/payment_intents/(\w+)/cancel"
    SEARCH = r"GET /v1/payment_intents/search"
    LOOK = r"GET /v1/payment_intents/(\w+)"
    REFUND = r"POST /v1/refunds"
    REFUNDS = r"GET /v1/refunds"
    LOOK_REFUND = r"GET /v1/refunds/(\w+)"
    DISPUTES = r"GET /v1/disputes"


class Moment(StrEnum):
    """When an accident happens, as Stripe sees it."""

    BEFORE = "before acting"
    AFTER = "after acting"


class HangUp(Exception):
    """The connection breaks; no answer arrives."""


Accident = Callable[[], Awaitable[None]]


async def hang_up() -> None:
    raise HangUp


async def fail() -> None:
    raise Refused(500, type="api_error", message="Something broke.")


async def be_busy() -> None:
    raise Refused(429, type="invalid_request_error", code="rate_limit")


@dataclass
class StripeFake:
    """The ASGI app; `books` is what it knows, `asked` what it was asked."""

    books: Books = field(default_factory=Books)
    asked: list[Step] = field(default_factory=list)
    address: str = ""
    _kept: dict[str, tuple[Json, int, bytes]] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)
    _accidents: dict[tuple[Step, Moment], list[Accident]] = field(default_factory=dict)

    def plan(self, step: Step, moment: Moment, accident: Accident, times: int = 1) -> None:
        """Let the next requests of a kind have an accident."""
        self._accidents.setdefault((step, moment), []).extend([accident] * times)

    def forget_accidents(self) -> None:
        """Let everything go well again."""
        self._accidents.clear()

    def forget_everything(self) -> None:
        """Begin anew."""
        self.books = Books()
        self.asked.clear()
        self.forget_accidents()
        self.forget_keys()

    def forget_keys(self) -> None:
        """Let 24 hours pass."""
        self._kept.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            status, body, replayed = await self._answer(scope, await _read(receive))
        except HangUp:
            # Begun and never ended: uvicorn closes the connection.
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise
        headers = [(b"content-type", b"application/json")]
        if replayed:
            headers.append((b"idempotent-replayed", b"true"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, asked: Json) -> tuple[int, bytes, bool]:
        headers = dict(scope["headers"])
        step, name = _read_route(f"{scope['method']} {scope['path']}")
        self.asked.append(step)
        if headers.get(b"authorization", b"").decode() != f"Bearer {KEY}":
            return (
                401,
                _dump({"type": "invalid_request_error", "message": "Invalid API key"}),
                False,
            )
        if step.startswith("GET"):
            asked = _nest(scope["query_string"])
        key = headers.get(b"idempotency-key", b"").decode()
        if key in self._kept:
            before, status, body = self._kept[key]
            if before != {"step": step, "name": name, **asked}:
                return 400, _dump({"type": "idempotency_error"}), False
            return status, body, True
        if key in self._running:
            return (
                409,
                _dump({"type": "idempotency_error", "code": "idempotency_key_in_use"}),
                False,
            )
        return await self._run_once(key, step, name, asked)

    async def _run_once(
        self, key: str, step: Step, name: str, asked: Json
    ) -> tuple[int, bytes, bool]:
        if key:
            self._running.add(key)
        try:
            status, body = await self._run(step, name, asked)
            # A rate limit and a parameter that makes no sense stop a request before it begins.
            if key and status not in {429, 400}:
                self._kept[key] = ({"step": step, "name": name, **asked}, status, body)
            await self._have_accident(step, Moment.AFTER)
        except Refused as refused:
            return refused.status, _dump(refused.error), False
        finally:
            self._running.discard(key)
        return status, body, False

    async def _run(self, step: Step, name: str, asked: Json) -> tuple[int, bytes]:
        try:
            await self._have_accident(step, Moment.BEFORE)
            return 200, orjson.dumps(self._act(step, name, asked))
        except Refused as refused:
            return refused.status, _dump(refused.error)

    async def _have_accident(self, step: Step, moment: Moment) -> None:
        if waiting := self._accidents.get((step, moment)):
            await waiting.pop(0)()

    def _act(self, step: Step, name: str, asked: Json) -> Json:
        books = self.books
        acts: dict[Step, Callable[[], Json]] = {
            Step.CREATE: lambda: _show(books.create_intent(asked), asked),
            Step.CAPTURE: lambda: _show(books.capture(name), asked),
            Step.CANCEL: lambda: _show(books.cancel(name), asked),
            Step.LOOK: lambda: _show(books.find(name), asked),
            Step.SEARCH: lambda: _list(books.search(_read_query(asked)), "search_result"),
            Step.REFUND: lambda: books.refund(asked),
            Step.REFUNDS: lambda: _list(books.refunds_of(asked["payment_intent"])),
            Step.LOOK_REFUND: lambda: books.refunds[name],
            Step.DISPUTES: lambda: _list(books.disputes_of(asked["payment_intent"])),
        }
        return acts[step]()


@asynccontextmanager
async def run_fake() -> AsyncIterator[StripeFake]:
    """Serve a fake Stripe on a port of its own."""
    fake = StripeFake()
    server = uvicorn.Server(
        uvicorn.Config(fake, port=0, lifespan="off", log_level="critical", ws="none")
    )
    # uvicorn would take the signals of the test run.
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # of older releases
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    fake.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.should_exit = server.force_exit = True
        await serving


async def _read(receive: Receive) -> Json:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return _nest(body)


def _nest(form: bytes) -> Json:
    """Read Stripe's form encoding: `metadata[payment_id]=7` is an object in an object."""
    nested: Json = {}
    for name, value in parse_qsl(form.decode()):
        outer, _, inner = name.partition("[")
        if inner:
            nested.setdefault(outer, {})[inner.removesuffix("]")] = value
        else:
            nested[outer] = int(value) if outer == "amount" else value
    return nested


def _read_route(asked: str) -> tuple[Step, str]:
    for step in Step:
        if found := re.fullmatch(step, asked):
            return step, found[1] if found.groups() else ""
    raise AssertionError(f"the fake does not know {asked}")


def _show(intent: Json, asked: Json) -> Json:
    """Show an intent; its charge as an id, unless it is asked for whole."""
    charge = intent["latest_charge"]
    if charge is None or "latest_charge" in asked.get("expand", {}).values():
        return intent
    return intent | {"latest_charge": charge["id"]}


def _read_query(asked: Json) -> str:
    found = _SEARCHED.fullmatch(asked["query"])
    return found[1] if found else ""


def _list(found: list[Json], kind: str = "list") -> Json:
    return {"object": kind, "data": found, "has_more": False, "url": "/"}


def _dump(error: Json) -> bytes:
    return orjson.dumps({"error": error})
