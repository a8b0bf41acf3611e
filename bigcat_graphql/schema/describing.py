"""Decorators that take a shape's GraphQL description from its docstring, so it is written once."""

import dataclasses
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, cast, dataclass_transform

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

S = TypeVar("S")
T = TypeVar("T", bound=type[Any])


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def output(shape: T) -> T:
    """Make an output type."""
    return strawberry.type(shape, description=_describe(shape))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def interface(shape: T) -> T:
    """Make an interface."""
    return strawberry.interface(shape, description=_describe(shape))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def request(shape: T) -> T:
    """Make an input type."""
    return strawberry.input(shape, description=_describe(shape))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def one_of(shape: T) -> T:
    """Make an input type of which exactly one field is given."""
    return strawberry.input(shape, description=_describe(shape), one_of=True)


def describe(text: str) -> Callable[[T], T]:
    """Give a shape a description that is too long for a docstring's one line."""

    def set_description(shape: T) -> T:
        shape._description = text  # noqa: SLF001 - read by the decorator above it
        return shape

    return set_description


def describe_enum(enum: type[StrEnum], description: str, values: Mapping[str, str]) -> None:
    """Make an enum of the domain known to GraphQL, each of its values described.

    Raises:
        KeyError: a value has no description.
    """
    strawberry.enum(enum, description=description)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined] # set by the line above
    for value in definition.values:
        value.description = values[value.name]


def _describe(shape: type[Any]) -> str:
    own: dict[str, Any] = vars(shape)
    return str(own.get("_description") or own["__doc__"])


def copy_facts(shape: type[S], facts: object, **others: object) -> S:
    """Make a shape of the attributes that `facts` has under the same names, and of others."""
    fields = [field for field in dataclasses.fields(cast("Any", shape)) if field.init]
    copied = {f.name: getattr(facts, f.name) for f in fields if f.name not in others}
    return shape(**copied, **others)
