"""Coerced arguments as the Python values that resolvers take, by functions made once for a type."""

from collections.abc import Callable
from dataclasses import MISSING

import strawberry
from strawberry import UNSET
from strawberry.relay.types import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
)
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.lazy_type import LazyType

from bigcat_graphql.server.compiled.site import Value

Convert = Callable[[Value], Value]


class Unconvertible(Exception):
    """Strawberry does something of its own with this type: it is left to it."""


def converter_of(kind: Value, schema: strawberry.Schema) -> Convert | None:
    """Make the function that converts values of a type; none where they stay as they are.

    Raises:
        Unconvertible: for Strawberry to do.
    """
    return _Converters(schema).of(kind)


class _Converters:
    """Converters by input class, so that one can contain itself."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._name_of = schema.config.name_converter.from_field
        self._scalars = schema.schema_converter.scalar_registry
        self._objects: dict[type, Convert] = {}

    def of(self, kind: Value) -> Convert | None:
        if isinstance(kind, StrawberryMaybe) or kind is GlobalID:
            raise Unconvertible
        if isinstance(kind, StrawberryOptional):
            return self.of(kind.of_type)
        if isinstance(kind, LazyType):
            return self.of(kind.resolve_type())
        if isinstance(kind, StrawberryList):
            return _of_list(self.of(kind.of_type))
        definition = getattr(kind, "__strawberry_definition__", None)
        if isinstance(definition, StrawberryObjectDefinition):
            return self._of_object(kind, definition)
        is_enum = isinstance(kind, StrawberryEnumDefinition)
        if is_enum or isinstance(definition, StrawberryEnumDefinition):
            return None
        if is_scalar(kind, self._scalars):
            return None
        raise Unconvertible

    def _of_object(self, kind: type, definition: StrawberryObjectDefinition) -> Convert:
        if definition.from_input is not None or not definition.is_input:
            raise Unconvertible
        if kind in self._objects:
            return self._objects[kind]
        fields: list[tuple[str, str, Convert | None]] = []
        absent = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }

        def convert(value: Value) -> Value:
            if value is None or value is UNSET:
                return value
            given: dict[str, Value] = dict(absent)
            for name, python_name, convert_field in fields:
                if name in value:
                    one = value[name]
                    given[python_name] = one if convert_field is None else convert_field(one)
            return kind(**given)

        self._objects[kind] = convert
        for field in definition.fields:
            convert_field = self.of(field.resolve_type(type_definition=definition))
            fields.append((self._name_of(field), field.python_name, convert_field))
        return convert


def _of_list(convert: Convert | None) -> Convert:
    def convert_list(value: Value) -> Value:
        if value is None or value is UNSET:
            return value
        # A copy: what graphql-core gives may be the default that all requests share.
        return list(value) if convert is None else [convert(one) for one in value]

    return convert_list
