"""The floor: Starlette, asyncpg and orjson, the same SQL work and nothing else.

No GraphQL, no sign-in, no idempotency key, no limits: what a server of this kind cannot undercut.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

_RESERVE = (Path(__file__).parent / "reserve.sql").read_text()
_SEATS = """
SELECT "index", tier_code, status FROM seat WHERE concert_id = $1 ORDER BY "index\""""
_LETTERS = """
SELECT string_agg(CASE WHEN status = 'R' AND reserved_until <= now() THEN 'A' ELSE status END, ''
                  ORDER BY "index")
FROM seat WHERE concert_id = $1"""
_SEARCH = """
SELECT c.id, c.name, c.artists, c.starts_at, v.name, v.city
FROM concert c JOIN venue v ON v.id = c.venue_id
WHERE {where} ORDER BY c.starts_at, c.id LIMIT {limit}"""
_POOL = 16


class Viewers:
    """Sockets by the concert they watch; a change is encoded once for all of them."""

    def __init__(self) -> None:
        self._by_concert: dict[str, set[WebSocket]] = {}
        self._sending: set[asyncio.Task[list[BaseException | None]]] = set()

    def tell(self, concert_id: str, indexes: list[int]) -> None:
        """Send a change to everybody who watches."""
        watching = self._by_concert.get(concert_id)
        if not watching:
            return
        change = {"seatsTaken": {"indexes": indexes, "status": "RESERVED"}}
        frame = orjson.dumps({"id": "1", "type": "next", "payload": {"data": change}}).decode()
        task = asyncio.create_task(self._send(list(watching), frame))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, sockets: list[WebSocket], frame: str) -> list[BaseException | None]:
        return await asyncio.gather(
            *(socket.send_text(frame) for socket in sockets), return_exceptions=True
        )

    async def serve(self, socket: WebSocket) -> None:
        """Speak as much of graphql-transport-ws as a viewer needs."""
        await socket.accept(subprotocol="graphql-transport-ws")
        concert_id = ""
        with suppress(WebSocketDisconnect):
            while True:
                message = orjson.loads(await socket.receive_text())
                if message["type"] == "connection_init":
                    await socket.send_text('{"type":"connection_ack"}')
                elif message["type"] == "subscribe":
                    concert_id = message["payload"]["variables"]["concertId"]
                    self._by_concert.setdefault(concert_id, set()).add(socket)
        self._by_concert.get(concert_id, set()).discard(socket)


viewers = Viewers()


@asynccontextmanager
async def _open_pool(app: Starlette) -> AsyncIterator[None]:
    # Without the reset that asyncpg sends each time a connection comes back: a round trip.
    async with asyncpg.create_pool(min_size=_POOL, max_size=_POOL, reset=_keep) as pool:
        app.state.pool = pool
        yield


async def _keep(connection: object) -> None:
    pass


async def search(request: Request) -> Response:
    """Find concerts."""
    statement, values = _write_search(orjson.loads(await request.body()))
    rows = await request.app.state.pool.fetch(statement, *values)
    return _answer({"concerts": {"edges": [{"node": _concert(row)} for row in rows]}})


def _write_search(wish: dict[str, Any]) -> tuple[str, list[object]]:
    where, values = ["c.status <> 'DRAFT'"], list[object]()
    for key, condition, read in _CONDITIONS:
        if wish.get(key) is not None:
            values.append(read(wish[key]))
            where.append(condition.format(f"${len(values)}"))
    values.append(wish["first"])
    return _SEARCH.format(where=" AND ".join(where), limit=f"${len(values)}"), values


_CONDITIONS: tuple[tuple[str, str, Any], ...] = (
    ("artist", "c.artists_folded LIKE {}", lambda text: f"%{text.lower()}%"),
    ("city", "v.city_folded = {}", str.lower),
    ("startsFrom", "c.starts_at >= {}", datetime.fromisoformat),
    ("startsTo", "c.starts_at < {}", datetime.fromisoformat),
)


def _concert(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": str(row[0]),
        "name": row[1],
        "artists": row[2],
        "startsAt": row[3],
        "venue": {"name": row[4], "city": row[5]},
    }


async def book(request: Request) -> Response:
    """Take seats."""
    wish = orjson.loads(await request.body())
    booking_id = uuid4()
    row = await request.app.state.pool.fetchrow(
        _RESERVE,
        UUID(wish["concertId"]),
        booking_id,
        wish["indexes"],
        UUID(wish["accountId"]),
        booking_id.hex[:10].upper(),
    )
    if row is None:
        return _answer({"book": {"ok": False}})
    viewers.tell(wish["concertId"], wish["indexes"])
    done = {"ok": True, "bookingId": booking_id, "totalMinor": row[0], "reservedUntil": row[1]}
    return _answer({"book": done})


async def seats(request: Request) -> Response:
    """Show a hall, seat by seat."""
    wish = orjson.loads(await request.body())
    rows = await request.app.state.pool.fetch(_SEATS, UUID(wish["concertId"]))
    shown = [{"index": row[0], "tier": row[1], "status": row[2]} for row in rows]
    return _answer({"seats": shown})


async def letters(request: Request) -> Response:
    """Show a hall, one letter a seat."""
    wish = orjson.loads(await request.body())
    text = await request.app.state.pool.fetchval(_LETTERS, UUID(wish["concertId"]))
    return _answer({"statuses": text})


async def healthz(request: Request) -> Response:  # noqa: ARG001 - every endpoint gets it
    """Say that the server is here."""
    return PlainTextResponse("ok")


def _answer(data: object) -> Response:
    return Response(orjson.dumps({"data": data}), media_type="application/json")


app = Starlette(
    lifespan=_open_pool,
    routes=[
        Route("/search", search, methods=["POST"]),
        Route("/book", book, methods=["POST"]),
        Route("/seats", seats, methods=["POST"]),
        Route("/letters", letters, methods=["POST"]),
        Route("/healthz", healthz),
        WebSocketRoute("/graphql", viewers.serve),
    ],
)
