"""How a field's value is got: an attribute, Strawberry's resolver called directly, or any other."""

from collections.abc import Callable
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    VariableNode,
    Visitor,
    default_field_resolver,
    get_argument_values,
    visit,
)
from graphql.execution.values import coerce_argument
from graphql.pyutils import Path
from strawberry.types.field import StrawberryField

from bigcat_graphql.server.compiled.arguments import Convert, Unconvertible, converter_of
from bigcat_graphql.server.compiled.site import NO_VARIABLES, Run, Site, Value
from bigcat_graphql.server.compiled.values import DEFINITION

Caller = Callable[[Run, Path, Value], Value]
Arguments = Callable[[Run], dict[str, Value]]


def attribute_of(definition: GraphQLField) -> str | None:
    """Give the attribute that a field without a resolver shows."""
    field = definition.extensions.get(DEFINITION)
    if not isinstance(field, StrawberryField) or not field.is_basic_field:
        return None
    is_plain = type(field).get_result is StrawberryField.get_result
    return field.python_name if is_plain and field.default_resolver is getattr else None


def caller_of(site: Site) -> Caller:
    """Make the function that calls a field's resolver."""
    field = site.definition.extensions.get(DEFINITION)
    if isinstance(field, StrawberryField) and _is_direct(field):
        try:
            return _call_directly(site, field)
        except Unconvertible:
            pass
    return _call_as_core(site)


def _is_direct(field: StrawberryField) -> bool:
    return (
        field.base_resolver is not None
        and callable(field.base_resolver.wrapped_func)
        and not field.extensions
        and type(field).get_result is StrawberryField.get_result
    )


def _call_directly(site: Site, field: StrawberryField) -> Caller:
    """Skip what Strawberry works out anew at each call: conversions, and which parameters."""
    resolver: Any = field.base_resolver
    schema: Any = site.scope.schema._strawberry_schema  # type: ignore[attr-defined] # noqa: SLF001 - set by Strawberry
    config = schema.config
    arguments = _arguments_of(site)
    converters = [
        (config.name_converter.from_argument(one), one.python_name, converter_of(one.type, schema))
        for one in field.arguments
    ]
    sources = [p.name for p in (resolver.parent_parameter, resolver.root_parameter) if p]
    info_name = resolver.info_parameter.name if resolver.info_parameter else None
    takes_self = bool(resolver.self_parameter)
    function = resolver.wrapped_func

    def call(run: Run, path: Path, source: Value) -> Value:
        given = _convert(arguments(run), converters)
        for name in sources:
            given[name] = source
        if info_name is not None:
            given[info_name] = config.info_class(_raw_info=site.info(run, path), _field=field)
        return function(source, **given) if takes_self else function(**given)

    return call


def _convert(
    values: dict[str, Value], converters: list[tuple[str, str, Convert | None]]
) -> dict[str, Value]:
    return {
        python_name: values[name] if convert is None else convert(values[name])
        for name, python_name, convert in converters
        if name in values
    }


def _call_as_core(site: Site) -> Caller:
    resolve = site.definition.resolve or default_field_resolver
    arguments = _arguments_of(site)

    def call(run: Run, path: Path, source: Value) -> Value:
        return resolve(source, site.info(run, path), **arguments(run))

    return call


def _arguments_of(site: Site) -> Arguments:
    """Make the function that gives a field's arguments as graphql-core coerces them."""
    definition, node = site.definition, site.nodes[0]

    def coerce(run: Run) -> dict[str, Value]:
        return get_argument_values(
            definition, node, run.variable_values, hide_suggestions=run.hide_suggestions
        )

    direct, indirect = _variables_of(node)
    if indirect:
        return coerce
    try:
        fixed = _fixed_arguments(definition, node, direct)
    except GraphQLError:
        return coerce  # it complains at each request
    if not direct:
        return lambda _: fixed

    def look_up(run: Run) -> dict[str, Value]:
        values = dict(fixed)
        coerced = run.variable_values.coerced
        for name, variable in direct.items():
            value = coerced.get(variable)
            if value is None:  # left out, or null where it may not be
                return coerce(run)
            values[name] = value
        return values

    return look_up


def _fixed_arguments(
    definition: GraphQLField, node: FieldNode, direct: dict[str, str]
) -> dict[str, Value]:
    given = {argument.name.value: argument for argument in node.arguments or ()}
    fixed: dict[str, Value] = {}
    for name, argument in definition.args.items():
        if name not in direct:
            coerce_argument(fixed, node, name, argument, given.get(name), NO_VARIABLES, None)
    return fixed


def _variables_of(node: FieldNode) -> tuple[dict[str, str], bool]:
    """List the arguments that are a variable, and tell whether any other has one inside."""
    direct: dict[str, str] = {}
    finder = _Variables()
    for argument in node.arguments or ():
        if isinstance(argument.value, VariableNode):
            direct[argument.name.value] = argument.value.name.value
        else:
            visit(argument.value, finder)
    return direct, finder.found


class _Variables(Visitor):
    """Finds variables inside literals."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, *_: object) -> None:
        """Look no further."""
        self.found = True
