"""Variables coerced by functions made once for each type.

These functions only ever say yes: what they do not know to be right is coerced, or complained
about, by graphql-core.
"""

from collections.abc import Callable, Iterator
from typing import cast

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLList,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    VariableDefinitionNode,
    get_variable_values,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.type import is_required_input_field
from graphql.utilities.coerce_input_value import coerce_default_value

from bigcat_graphql.server.compiled.site import Value
from bigcat_graphql.server.refusals import RequestRefused

Coerce = Callable[[Value], Value]
_AS_IT_IS: dict[object, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
_INT_MAX = 2**31 - 1


class NotPlain(Exception):
    """A value, null too, or a type, that graphql-core must look at."""


class Variables:
    """The variables of one operation."""

    def __init__(
        self, schema: GraphQLSchema, definitions: tuple[VariableDefinitionNode, ...]
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        self._plain: list[tuple[GraphQLVariableSignature, Coerce]] | None
        try:
            self._plain = list(_compile(schema, definitions))
        except NotPlain:
            self._plain = None

    def read(self, given: dict[str, Value]) -> VariableValues:
        """Coerce the variables of a request.

        Raises:
            RequestRefused: some are missing or wrong.
        """
        if self._plain is not None:
            try:
                return _read_plain(self._plain, given)
            except NotPlain:
                pass
        found = get_variable_values(
            self._schema, self._definitions, given, max_errors=50, hide_suggestions=True
        )
        if isinstance(found, list):
            raise RequestRefused(found)
        return found


def _compile(
    schema: GraphQLSchema, definitions: tuple[VariableDefinitionNode, ...]
) -> Iterator[tuple[GraphQLVariableSignature, Coerce]]:
    compiler = _Compiler()
    for definition in definitions:
        signature = get_variable_signature(schema, definition)
        if not isinstance(signature, GraphQLVariableSignature):
            raise NotPlain
        yield signature, compiler.coercer_of(signature.type)


def _read_plain(
    plain: list[tuple[GraphQLVariableSignature, Coerce]], given: dict[str, Value]
) -> VariableValues:
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Value] = {}
    for signature, coerce in plain:
        name = signature.name
        value = given.get(name, Undefined)
        sources[name] = VariableValueSource(signature, value)
        if value is not Undefined:
            coerced[name] = coerce(value)
        elif signature.default is not None or is_non_null_type(signature.type):
            raise NotPlain
    return VariableValues(sources, coerced)


class _Compiler:
    """Coercers by input type: each is made once, and a type that contains itself is noticed."""

    def __init__(self) -> None:
        self._open: set[GraphQLInputObjectType] = set()
        self._objects: dict[GraphQLInputObjectType, Coerce] = {}

    def coercer_of(self, kind: GraphQLInputType) -> Coerce:
        if is_non_null_type(kind):
            return self._of_given(kind.of_type)
        coerce = self._of_given(kind)
        return lambda value: None if value is None else coerce(value)

    def _of_given(self, kind: GraphQLInputType) -> Coerce:
        if is_list_type(kind):
            return self._of_list(kind)
        if is_input_object_type(kind):
            if kind not in self._objects:
                self._objects[kind] = self._of_object(kind)
            return self._objects[kind]
        if kind is GraphQLInt:
            return _coerce_int
        if kind in _AS_IT_IS:
            return _exactly(_AS_IT_IS[kind])
        return _leaf(cast("GraphQLLeafType", kind))

    def _of_list(self, kind: GraphQLList[Value]) -> Coerce:
        coerce = self.coercer_of(kind.of_type)

        def coerce_list(value: Value) -> list[Value]:
            if type(value) is not list:
                raise NotPlain
            return [coerce(one) for one in value]

        return coerce_list

    def _of_object(self, kind: GraphQLInputObjectType) -> Coerce:
        if kind in self._open:
            raise NotPlain  # how deep a value may be is for graphql-core to say
        self._open.add(kind)
        fields = [
            (name, field.out_name or name, self.coercer_of(field.type), field)
            for name, field in kind.fields.items()
        ]
        self._open.remove(kind)
        names = kind.fields.keys()
        needed = {name for name, field in kind.fields.items() if is_required_input_field(field)}

        def coerce_object(value: Value) -> Value:
            if type(value) is not dict or not needed <= value.keys() <= names:
                raise NotPlain
            coerced: dict[str, Value] = {}
            for name, out_name, coerce, field in fields:
                if name in value:
                    coerced[out_name] = coerce(value[name])
                elif (default := coerce_default_value(field)) is not Undefined:
                    coerced[out_name] = default
            if kind.is_one_of and not _is_one(value, coerced):
                raise NotPlain
            return kind.out_type(coerced)

        return coerce_object


def _is_one(value: dict[str, Value], coerced: dict[str, Value]) -> bool:
    return len(value) == 1 and len(coerced) == 1 and None not in coerced.values()


def _exactly(kind: type) -> Coerce:
    def coerce_exactly(value: Value) -> Value:
        if type(value) is not kind:
            raise NotPlain
        return value

    return coerce_exactly


def _coerce_int(value: Value) -> int:
    if type(value) is not int or not -_INT_MAX - 1 <= value <= _INT_MAX:
        raise NotPlain
    return value


def _leaf(kind: GraphQLLeafType) -> Coerce:
    def coerce_leaf(value: Value) -> Value:
        if value is None:
            raise NotPlain
        try:
            coerced = kind.coerce_input_value(value)
        except Exception:  # noqa: BLE001 - whatever a scalar says of a bad value
            raise NotPlain from None
        if coerced is Undefined:
            raise NotPlain
        return coerced

    return coerce_leaf
