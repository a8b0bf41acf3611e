"""Strawberry with Tortoise, written the usual way: as their documentation shows it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from os import environ
from uuid import UUID, uuid4

import strawberry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from tortoise import Tortoise
from tortoise.expressions import F
from tortoise.transactions import in_transaction  # noqa: TID251 - the usual way

from benchmarks.contenders import stock_models as models

_subscribers: dict[str, set[asyncio.Queue["SeatsTaken"]]] = {}


@strawberry.type
class Venue:
    """Where."""

    name: str
    city: str


@strawberry.type
class Concert:
    """What, and when."""

    id: strawberry.ID
    name: str
    artists: list[str]
    starts_at: datetime
    venue: Venue


@strawberry.type
class ConcertEdge:
    """One of a page."""

    node: Concert


@strawberry.type
class ConcertConnection:
    """A page."""

    edges: list[ConcertEdge]


@strawberry.type
class Seat:
    """One seat of a hall."""

    index: int
    tier: str
    status: str


@strawberry.type
class SeatsTaken:
    """A change of a hall."""

    indexes: list[int]
    status: str


@strawberry.type
class BookResult:
    """A booking, or none."""

    ok: bool
    booking_id: strawberry.ID | None = None
    total_minor: int | None = None
    reserved_until: datetime | None = None


@strawberry.input
class ConcertFilter:
    """Conditions that must all hold."""

    artist: str | None = None
    city: str | None = None
    starts_from: datetime | None = None
    starts_to: datetime | None = None


@strawberry.type
class Query:
    """Reading."""

    @strawberry.field
    async def concerts(
        self, filter: ConcertFilter | None = None, first: int = 20
    ) -> ConcertConnection:
        """Find concerts."""
        found = models.Concert.exclude(status="DRAFT").select_related("venue")
        if filter and filter.artist:
            found = found.filter(artists_folded__contains=filter.artist.lower())
        if filter and filter.city:
            found = found.filter(venue__city_folded=filter.city.lower())
        if filter and filter.starts_from:
            found = found.filter(starts_at__gte=filter.starts_from)
        if filter and filter.starts_to:
            found = found.filter(starts_at__lt=filter.starts_to)
        concerts = await found.order_by("starts_at", "id").limit(first)
        return ConcertConnection(edges=[ConcertEdge(node=_show(one)) for one in concerts])

    @strawberry.field
    async def seats(self, concert_id: strawberry.ID) -> list[Seat]:
        """Show a hall, seat by seat."""
        seats = await models.Seat.filter(concert_id=concert_id).order_by("index")
        return [Seat(index=seat.index, tier=seat.tier_code, status=seat.status) for seat in seats]


def _show(concert: models.Concert) -> Concert:
    return Concert(
        id=strawberry.ID(str(concert.id)),
        name=concert.name,
        artists=concert.artists,
        starts_at=concert.starts_at,
        venue=Venue(name=concert.venue.name, city=concert.venue.city),
    )


@strawberry.type
class Mutation:
    """Writing."""

    @strawberry.mutation
    async def book(
        self, concert_id: strawberry.ID, indexes: list[int], account_id: strawberry.ID
    ) -> BookResult:
        """Take seats."""
        async with in_transaction():
            booking = await _reserve(UUID(concert_id), indexes, UUID(account_id))
        if booking is None:
            return BookResult(ok=False)
        for queue in _subscribers.get(concert_id, ()):
            queue.put_nowait(SeatsTaken(indexes=indexes, status="RESERVED"))
        return BookResult(
            ok=True,
            booking_id=strawberry.ID(str(booking.id)),
            total_minor=booking.total_minor,
            reserved_until=booking.reserved_until,
        )


async def _reserve(concert_id: UUID, indexes: list[int], account_id: UUID) -> models.Booking | None:
    wanted = models.Seat.filter(concert_id=concert_id, index__in=indexes, status="A")
    seats = await wanted.order_by("index").select_for_update()
    if len(seats) != len(indexes):
        return None
    tiers = {tier.code: tier for tier in await models.PriceTier.filter(concert_id=concert_id)}
    now = datetime.now(UTC)  # noqa: TID251 - the usual way
    booking = await models.Booking.create(
        id=uuid4(),
        concert_id=concert_id,
        account_id=account_id,
        reference=uuid4().hex[:10].upper(),
        status="PENDING",
        version=1,
        total_minor=sum(tiers[seat.tier_code].price_minor for seat in seats),
        currency=tiers[seats[0].tier_code].currency,
        seat_count=len(seats),
        created_at=now,
        reserved_until=now + timedelta(minutes=10),
    )
    for code in {seat.tier_code for seat in seats}:
        await wanted.filter(tier_code=code).update(
            status="R",
            booking_id=booking.id,
            price_minor=tiers[code].price_minor,
            reserved_until=booking.reserved_until,
            version=F("version") + 1,
        )
    return booking


@strawberry.type
class Subscription:
    """Watching."""

    @strawberry.subscription
    async def seats_taken(self, concert_id: strawberry.ID) -> AsyncGenerator[SeatsTaken, None]:
        """Watch a hall."""
        queue: asyncio.Queue[SeatsTaken] = asyncio.Queue()
        watching = _subscribers.setdefault(concert_id, set())
        watching.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            watching.discard(queue)


@asynccontextmanager
async def _open_database(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001 - Starlette's form
    credentials = {
        "host": environ["PGHOST"],
        "port": int(environ["PGPORT"]),
        "user": environ["PGUSER"],
        "password": None,
        "database": environ["PGDATABASE"],
        "minsize": 16,
        "maxsize": 16,
    }
    database = {"engine": "tortoise.backends.asyncpg", "credentials": credentials}
    apps = {
        "models": {
            "models": ["benchmarks.contenders.stock_models"],
            "default_connection": "default",
        }
    }
    await Tortoise.init(
        config={"connections": {"default": database}, "apps": apps}, _enable_global_fallback=True
    )
    yield
    await Tortoise.close_connections()


async def _healthz(request: object) -> PlainTextResponse:  # noqa: ARG001 - every endpoint gets it
    return PlainTextResponse("ok")


schema = strawberry.Schema(Query, Mutation, Subscription)
graphql: GraphQL[None, None] = GraphQL(schema)
app = Starlette(
    lifespan=_open_database,
    routes=[
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", graphql),
        Route("/healthz", _healthz),
    ],
)
