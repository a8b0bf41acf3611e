"""A schema in which fields misbehave in every way that an executor must cope with."""

import asyncio
import types
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import UNSET


@strawberry.enum
class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Trouble(Exception):
    """What resolvers raise here."""


@strawberry.interface
class Animal:
    name: str
    mood: Mood | None = None
    tags: list[str] | None = None

    @strawberry.field
    def itself(self) -> "Animal":
        return self

    @strawberry.field
    async def friend(self) -> "Animal | None":
        await asyncio.sleep(0)
        return Dog(name="Rex") if self.name == "Tom" else None

    @strawberry.field
    def failing(self) -> int | None:
        raise Trouble("failing")

    @strawberry.field
    async def late_failing(self) -> int:
        await asyncio.sleep(0)
        raise Trouble("late")


@strawberry.type
class Cat(Animal):
    lives: int = 9
    since: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    home: Annotated[str | None, "of its own"] = None


@strawberry.type
class Dog(Animal):
    owner: Cat | None = None
    age: int = 2**40  # more than an Int can say

    @strawberry.field
    def nothing(self) -> str:
        return None  # type: ignore[return-value] # that is the point


class Kitten(Cat):
    """A class that Strawberry does not know."""


@strawberry.type
class Stone:
    weight: float = 1.5
    marks: list[list[int | None] | None] = strawberry.field(default_factory=list)


Thing = Annotated[Cat | Dog | Stone, strawberry.union("Thing")]


@strawberry.input
class Box:
    size: int
    label: str | None = UNSET
    mood: Mood = Mood.GOOD
    sizes: list[int] = strawberry.field(default_factory=list)
    inner: "Inner | None" = None
    note: str | None


@strawberry.input
class Inner:
    words: list[str | None] | None = None
    at: datetime | None = None


@strawberry.input(one_of=True)
class Choice:
    number: int | None = UNSET
    box: Box | None = UNSET


def _cats() -> list[Cat]:
    stray = Cat(name="Tom", mood=Mood.BAD, tags=["a", "b"])
    stray.lives = "many"  # type: ignore[assignment] # an Int it is not
    return [Cat(name="Tom", mood=Mood.GOOD), stray, Kitten(name="Kit", tags=[])]


@strawberry.type
class Query:
    @strawberry.field
    def cat(self, name: str = "Tom") -> Cat:
        return Cat(name=name, mood=Mood.GOOD, tags=["x", None])  # type: ignore[list-item] # wrong

    @strawberry.field
    async def cats(self, count: int = 2) -> list[Cat | None]:
        await asyncio.sleep(0)
        return [*_cats(), None][: max(0, count % 5)]

    @strawberry.field
    def all_cats(self) -> tuple[Cat, ...] | None:
        return (*_cats(), None)  # type: ignore[arg-type] # null where it may not be

    @strawberry.field
    def animals(self) -> list[Animal]:
        return [*_cats(), Dog(name="Rex")]

    @strawberry.field
    def things(self) -> list[Thing]:
        return [*_cats(), Dog(name="Rex", owner=_cats()[1]), Stone(marks=[[1, None], None, []])]

    @strawberry.field
    async def thing(self, number: int = 0) -> Thing | None:
        return (*_cats(), Stone(), None)[number % 5]

    @strawberry.field
    def not_a_thing(self) -> Thing | None:
        return 7  # type: ignore[return-value] # that is the point

    @strawberry.field
    def not_a_cat(self) -> Cat | None:
        return Dog(name="Rex")  # type: ignore[return-value] # that is the point

    @strawberry.field
    def no_cat(self) -> Cat | None:
        return 7  # type: ignore[return-value] # that is the point

    @strawberry.field
    def old_style(self) -> int:
        return _old_style()  # type: ignore[return-value] # it is awaited

    @strawberry.field
    def grow(self, words: list[str] = ["a"]) -> int:  # noqa: B006 - the default that all share
        words.append("b")
        return len(words)

    @strawberry.field
    def raised(self) -> str | None:
        return Trouble("returned, not raised")  # type: ignore[return-value] # core raises it

    @strawberry.field
    def generated(self) -> list[Animal]:
        return _generate()  # type: ignore[return-value] # something to iterate is enough

    @strawberry.field
    def streamed(self) -> list[int]:
        return _stream()  # type: ignore[return-value] # something to iterate is enough

    @strawberry.field
    def awaited_items(self) -> list[int | None]:
        return [1, _later(2), _later(None), _later(Trouble("item"))]  # type: ignore[list-item] # see above

    @strawberry.field
    def no_list(self) -> list[int] | None:
        return 7  # type: ignore[return-value] # that is the point

    @strawberry.field
    def echo(
        self,
        word: str | None = "word",
        words: list[str] | None = None,
        box: Box | None = None,
        choice: Choice | None = UNSET,
        mood: Mood | None = None,
        at: datetime | None = None,
        id: strawberry.ID | None = None,
        share: float | None = None,
        yes: bool | None = UNSET,
    ) -> str:
        return repr([word, words, box, choice, mood, at, id, share, yes])

    @strawberry.field
    def boxed(self, info: strawberry.Info, box: Box) -> str:
        return f"{info.path.as_list()} {info.field_name} {info.return_type} {box}"

    @strawberry.field
    async def chosen(self, choice: Choice) -> str:
        return repr(choice)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def count(self, info: strawberry.Info, by: int = 1) -> int | None:
        before = info.context["count"]
        await asyncio.sleep(0)
        info.context["count"] = before + by
        return int(info.context["count"]) % 1000

    @strawberry.mutation
    def stumble(self, info: strawberry.Info) -> Cat | None:
        info.context["count"] += 1
        raise Trouble("stumbled")


async def _later(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


@types.coroutine
def _old_style() -> Generator[Any, Any, int]:
    yield from asyncio.sleep(0).__await__()
    return 1


def _generate() -> Iterator[Animal]:
    yield from _cats()


async def _stream() -> AsyncIterator[int]:
    yield 1
    yield "no number"  # type: ignore[misc] # that is the point


schema = strawberry.Schema(query=Query, mutation=Mutation)
