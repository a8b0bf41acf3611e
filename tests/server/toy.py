"""A small schema with something of everything, for the tests of the transport."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import strawberry
from strawberry.schema_directive import Location

from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import (
    Busy,
    Forbidden,
    InvalidArgument,
    NotFound,
    Unauthenticated,
)
from bigcat_graphql.live import Source
from bigcat_graphql.schema.sharing import Shared
from tests.server.boards import Boards, Frame, hold_board


@strawberry.schema_directive(locations=[Location.FIELD_DEFINITION])
class Cost:
    weight: str


@strawberry.schema_directive(locations=[Location.FIELD_DEFINITION])
class ListSize:
    assumed_size: int | None = None
    slicing_arguments: list[str] | None = None
    sized_fields: list[str] | None = None
    require_one_slicing_argument: bool = True


class Watchers:
    """Counts the generators that are open, and who sleeps."""

    open = 0
    asleep = 0


class ToyViewer:
    account_id = UUID(int=7)

    def __init__(self, expires_at: datetime) -> None:
        self.expires_at = expires_at


def authenticate(token: str) -> ToyViewer:
    if token == "good":
        return ToyViewer(datetime(2100, 1, 1, tzinfo=UTC))
    if token.startswith("short-"):
        return ToyViewer(utc_now() + timedelta(seconds=float(token.removeprefix("short-"))))
    raise Unauthenticated


@strawberry.type
class Item:
    name: str

    @strawberry.field
    def parts(self) -> list["Item"]:
        return [Item(name=f"{self.name}.{index}") for index in range(2)]

    @strawberry.field
    def whole(self) -> "Item":
        return self


@strawberry.type
class ItemConnection:
    nodes: list[Item]


@strawberry.input(one_of=True)
class ItemBy:
    id: strawberry.Maybe[strawberry.ID]
    slug: strawberry.Maybe[str]


FAILURES: dict[str, Exception] = {
    "argument": InvalidArgument("first", "at most 100"),
    "busy": Busy(retry_after_seconds=3),
    "forbidden": Forbidden(),
    "missing": NotFound(),
    "signin": Unauthenticated(),
    "bug": ValueError("secret text of a bug"),
}


async def sleep(seconds: float) -> str:
    Watchers.asleep += 1
    try:
        await asyncio.sleep(seconds)
    finally:
        Watchers.asleep -= 1
    return "slept"


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "Hello world"

    @strawberry.field
    def whoami(self, info: strawberry.Info) -> str | None:
        viewer = info.context.viewer
        return str(viewer.account_id) if viewer else None

    @strawberry.field
    def context_id(self, info: strawberry.Info) -> str:
        return str(id(info.context))

    @strawberry.field
    def echo(self, text: str = "") -> str:
        return text

    @strawberry.field
    def fail(self, how: str) -> str | None:
        raise FAILURES[how]

    @strawberry.field
    async def sleep(self, seconds: float) -> str:
        return await sleep(seconds)

    @strawberry.field
    def asleep(self) -> int:
        return Watchers.asleep

    @strawberry.field
    def item(self, by: ItemBy) -> Item | None:  # noqa: ARG002 - only its coercion is tested
        return Item(name="one")

    @strawberry.field(  # type: ignore[untyped-decorator] # strawberry's overload with directives
        directives=[
            ListSize(
                assumed_size=20,
                slicing_arguments=["first"],
                sized_fields=["nodes"],
                require_one_slicing_argument=False,
            )
        ]
    )
    def items(self, first: int | None = None) -> ItemConnection:
        return ItemConnection(nodes=[Item(name=str(n)) for n in range(first or 20)])

    @strawberry.field(directives=[Cost(weight="600")])  # type: ignore[untyped-decorator] # as above
    def dear(self) -> str:
        return "dear"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def set_name(self, name: str) -> str:
        return name

    @strawberry.mutation
    def pay_booking(self) -> str:
        return "paid"

    @strawberry.mutation
    async def sleep(self, seconds: float) -> str:
        return await sleep(seconds)


@strawberry.type
class BoardEvent:
    frame: strawberry.Private[Frame]

    @strawberry.field
    def since(self) -> int | None:
        return self.frame.since

    @strawberry.field
    def version(self) -> int:
        return self.frame.version

    @strawberry.field
    def text(self, times: int = 1) -> str:
        return self.frame.text * times

    @strawberry.field
    async def later(self) -> str:
        for _ in self.frame.text:  # the more there is to tell, the longer it takes
            await asyncio.sleep(0)
        return self.frame.text

    @strawberry.field
    def whoami(self, info: strawberry.Info) -> str | None:
        viewer = info.context.viewer
        return str(viewer.account_id) if viewer else None

    @strawberry.field
    def broken(self) -> int | None:
        raise ValueError("secret text of a bug")


def show_board(frame: Frame) -> BoardEvent:
    Boards.shown += 1
    return BoardEvent(frame=frame)


@strawberry.type
class Subscription:
    @strawberry.subscription
    def boards(self, names: list[str], since: int | None = None) -> AsyncIterable[BoardEvent]:
        sources = [Source(("board", name), partial(hold_board, name)) for name in names]
        return Shared(sources, show_board, since=since)

    @strawberry.subscription
    async def count(self, to: int = 3, pause: float = 0.01) -> AsyncIterator[int]:
        Watchers.open += 1
        try:
            for number in range(to):
                yield number
                await asyncio.sleep(pause)
        finally:
            Watchers.open -= 1

    @strawberry.subscription
    async def broken(self, after: int = 0) -> AsyncIterator[int]:
        for number in range(after):
            yield number
        raise ValueError("secret text of a bug")

    @strawberry.subscription
    async def refused(self) -> AsyncIterator[int]:
        raise InvalidArgument("concertId", "there is no such concert")
        yield 0


schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
