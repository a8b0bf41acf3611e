"""Selection sets as functions: each field knows how to get its value, and how to answer it."""

from operator import attrgetter
from types import CoroutineType

from graphql import GraphQLObjectType, GraphQLOutputType, is_list_type, is_non_null_type
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path

from bigcat_graphql.server.compiled.awaiting import await_all, guard, is_awaited
from bigcat_graphql.server.compiled.lists import ListCompleter
from bigcat_graphql.server.compiled.resolvers import attribute_of, caller_of
from bigcat_graphql.server.compiled.site import Run, Scope, Selection, Site, Value
from bigcat_graphql.server.compiled.values import (
    Completer,
    complete_one,
    is_leaf,
    required,
    written_as_is,
)


def select_root(scope: Scope, kind: GraphQLObjectType, *, serially: bool) -> Selection:
    """Compile the root fields of an operation; those of a mutation run one after another."""
    fields = _fields_of(scope, kind, scope.root_fields(kind))
    return _one_by_one(fields) if serially else _side_by_side(fields)


def _one_by_one(fields: list[tuple[str, Selection]]) -> Selection:
    async def run_in_order(run: Run, path: Path | None, source: Value) -> Value:
        results: dict[str, Value] = {}
        for key, answer in fields:
            value = answer(run, path, source)
            results[key] = await value if type(value) is CoroutineType else value
        return results

    return run_in_order


def _side_by_side(fields: list[tuple[str, Selection]]) -> Selection:
    def run_all(run: Run, path: Path | None, source: Value) -> Value:
        results: dict[str, Value] = {}
        waiting: list[str] = []
        try:
            for key, answer in fields:
                value = results[key] = answer(run, path, source)
                if type(value) is CoroutineType:
                    waiting.append(key)
        except Exception:
            if waiting:
                run.settle_in_background([results[key] for key in waiting])
            raise
        return await_all(results, waiting) if waiting else results

    return run_all


def _fields_of(
    scope: Scope, kind: GraphQLObjectType, grouped: dict[str, FieldDetailsList]
) -> list[tuple[str, Selection]]:
    return [(key, _field(scope, kind, key, details)) for key, details in grouped.items()]


def _field(
    scope: Scope, parent: GraphQLObjectType, key: str, details: FieldDetailsList
) -> Selection:
    scope.fields += 1
    name = details[0].node.name.value
    if name == "__typename":
        return lambda _run, _path, _source: parent.name
    definition = scope.schema.get_field(parent, name)
    if definition is None:
        raise LookupError(f"{parent}.{name}")  # no valid document asks for it
    site = Site(scope, parent, key, definition, details, _select)
    attribute = attribute_of(definition)
    return _resolved(site) if attribute is None else _read(site, attribute)


def _select(scope: Scope, kind: GraphQLObjectType, details: FieldDetailsList) -> Selection:
    """Compile what is asked of an object type below a field."""
    if scope.is_full:
        return _left_to_core(kind, details)
    return _side_by_side(_fields_of(scope, kind, scope.fields_of(kind, details)))


def _left_to_core(kind: GraphQLObjectType, details: FieldDetailsList) -> Selection:
    def run_core(run: Run, path: Path | None, source: Value) -> Value:
        if path is None:
            raise AssertionError("the root is compiled first")
        return run.collect_and_execute_subfields(kind, details, path, source, None)

    return run_core


def _read(site: Site, attribute: str) -> Selection:
    """Answer a field that is an attribute of its object."""
    key, typename = site.key, site.parent.name
    get, as_is = attrgetter(attribute), written_as_is(site.kind)
    complete, never_waits = _completer_of(site, site.kind), is_leaf(site.kind)

    def read(run: Run, path: Path | None, source: Value) -> Value:
        try:
            value = get(source)
            if type(value) is as_is:
                return value
            own = Path(path, key, typename)
            if is_awaited(run, value):
                return _await_value(site, run, own, value, complete)
            completed = complete(run, own, value)
        except Exception as error:  # noqa: BLE001 - whatever a property raises
            site.fail(run, Path(path, key, typename), error, site.kind)
            return None
        if never_waits or type(completed) is not CoroutineType:
            return completed
        return guard(site, run, own, completed, site.kind)

    return read


def _resolved(site: Site) -> Selection:
    """Answer a field that has a resolver."""
    key, typename = site.key, site.parent.name
    call, complete = caller_of(site), _completer_of(site, site.kind)

    def resolve(run: Run, path: Path | None, source: Value) -> Value:
        own = Path(path, key, typename)
        try:
            value = call(run, own, source)
            if is_awaited(run, value):
                return _await_value(site, run, own, value, complete)
            completed = complete(run, own, value)
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises
            site.fail(run, own, error, site.kind)
            return None
        if type(completed) is not CoroutineType:
            return completed
        return guard(site, run, own, completed, site.kind)

    return resolve


async def _await_value(
    site: Site, run: Run, path: Path, value: Value, complete: Completer
) -> Value:
    try:
        completed = complete(run, path, await value)
        return await completed if type(completed) is CoroutineType else completed
    except Exception as error:  # noqa: BLE001 - whatever a resolver raises
        site.fail(run, path, error, site.kind)
        return None


def _completer_of(site: Site, kind: GraphQLOutputType) -> Completer:
    if is_non_null_type(kind):
        return required(site, _completer_of(site, kind.of_type))
    if is_list_type(kind):
        return ListCompleter(site, kind, _completer_of(site, kind.of_type)).complete
    return complete_one(site, kind)
