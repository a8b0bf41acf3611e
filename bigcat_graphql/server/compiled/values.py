"""From what a resolver returned to what is answered, by the type of the field."""

from collections.abc import Callable
from typing import cast

from graphql import (
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    Undefined,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.pyutils import Path
from strawberry.types.base import StrawberryObjectDefinition

from bigcat_graphql.server.compiled.site import Run, Selection, Site, Value

Completer = Callable[[Run, Path, Value], Value]

DEFINITION = "strawberry-definition"
# What these write for a value of exactly this type is the value itself.
_AS_IT_IS: dict[object, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


def complete_one(site: Site, kind: GraphQLOutputType) -> Completer:
    """Make the function that completes values of a type that is no list."""
    if is_enum_type(kind):
        return _enum(kind)
    if is_leaf_type(kind):
        return _leaf(kind)
    if is_abstract_type(kind):
        return _abstract(site, kind)
    return _object(site, cast("GraphQLObjectType", kind))


def required(site: Site, complete: Completer) -> Completer:
    """Let a completer fail where it would answer with null."""
    message = f"Cannot return null for non-nullable field {site.parent}.{site.nodes[0].name.value}."

    def complete_required(run: Run, path: Path, value: Value) -> Value:
        completed = complete(run, path, value)
        if completed is None:
            raise TypeError(message)
        return completed

    return complete_required


def is_null(value: Value) -> bool:
    """Tell whether there is nothing to complete.

    Raises:
        Exception: the value, where it is one; graphql-core has it so.
    """
    if isinstance(value, Exception):
        raise value
    return value is None or value is Undefined


def written_as_is(kind: GraphQLOutputType) -> type | None:
    """Give the class whose values need no completion, if there is one."""
    return _AS_IT_IS.get(kind.of_type if is_non_null_type(kind) else kind)


def is_leaf(kind: GraphQLOutputType) -> bool:
    """Tell whether there is nothing below."""
    return is_leaf_type(get_nullable_type(kind))


def _leaf(kind: GraphQLLeafType) -> Completer:
    as_is = _AS_IT_IS.get(kind)

    def complete_leaf(run: Run, _: Path, value: Value) -> Value:
        if type(value) is as_is:
            return value
        return None if is_null(value) else run.complete_leaf_value(kind, value)

    return complete_leaf


def _enum(kind: GraphQLEnumType) -> Completer:
    members = getattr(kind, "wrapped_cls", None)  # of Strawberry's enums
    names = {member: kind.coerce_output_value(member) for member in members or ()}

    def complete_enum(run: Run, _: Path, value: Value) -> Value:
        if type(value) is members:
            return names[value]
        return None if is_null(value) else run.complete_leaf_value(kind, value)

    return complete_enum


def _object(site: Site, kind: GraphQLObjectType) -> Completer:
    shape = _shape_of(kind)
    selection: Selection | None = None

    def complete_object(run: Run, path: Path, value: Value) -> Value:
        nonlocal selection
        if type(value) is not shape:
            if is_null(value):
                return None
            if kind.is_type_of is not None:
                info = site.info(run, path)
                return run.complete_object_value(kind, site.details, info, path, value, None)
        if selection is None:
            selection = site.select(site.scope, kind, site.details)
        return selection(run, path, value)

    return complete_object


def _abstract(site: Site, kind: GraphQLAbstractType) -> Completer:
    possible = site.scope.schema.get_possible_types(kind)
    shapes = {shape: one for one in possible if (shape := _shape_of(one)) is not None}
    selections: dict[type, Selection] = {}

    def complete_abstract(run: Run, path: Path, value: Value) -> Value:
        selection = selections.get(type(value))
        if selection is None:
            if is_null(value):
                return None
            own = shapes.get(type(value))
            if own is None:
                info = site.info(run, path)
                return run.complete_abstract_value(kind, site.details, info, path, value, None)
            selection = selections[type(value)] = site.select(site.scope, own, site.details)
        return selection(run, path, value)

    return complete_abstract


def _shape_of(kind: GraphQLObjectType) -> type | None:
    """Give the class whose instances Strawberry takes for a type without asking further."""
    definition = kind.extensions.get(DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition):
        return None
    is_asked = definition.is_type_of is not None or definition.concrete_of is not None
    return None if is_asked or definition.is_graphql_generic else definition.origin
