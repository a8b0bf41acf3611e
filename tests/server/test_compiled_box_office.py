"""The compiled executor answers as graphql-core does on the real schema, with a hall behind it."""

import uuid
from typing import Any

import hypothesis_graphql
import pytest
from graphql import (
    ExecutionResult,
    FieldNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    execute,
    get_named_type,
    parse,
    print_ast,
    validate,
    visit,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigcat_graphql.resolvers.api import schema
from bigcat_graphql.schema.context import Context
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.server.compiled import CompiledOperation
from bigcat_graphql.server.one_of import mark_one_of
from bigcat_graphql.server.refusals import RequestRefused
from tests.scenes import make_concert

pytestmark = pytest.mark.usefixtures("database")
CORE = schema._schema
mark_one_of(CORE)


def _text(*values: str) -> st.SearchStrategy[StringValueNode]:
    return st.sampled_from([StringValueNode(value=value) for value in values])


SCALARS = {
    "CurrencyCode": _text("USD"),
    "Date": _text("2026-11-22"),
    "DateTime": _text("2026-11-22T19:30:00+00:00", "2031-01-01T00:00:00Z"),
    "Decimal": _text("12.50"),
    "LocalTime": _text("19:30"),
}


class Aim(Visitor):
    """Has ids lead somewhere, and asks every object for its type."""

    def __init__(self, types: TypeInfo, ids: list[str], chances: st.DataObject) -> None:
        super().__init__()
        self._types, self._ids, self._chances = types, ids, chances

    def enter_string_value(self, *_: object) -> Node | None:
        kind = get_named_type(self._types.get_input_type())
        if kind is None or kind.name != "ID":
            return None
        return StringValueNode(value=self._chances.draw(st.sampled_from(self._ids)))

    def leave_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode:
        typename = FieldNode(name=NameNode(value="__typename"), arguments=(), directives=())
        return SelectionSetNode(selections=(*node.selections, typename))


async def ask_core(text: str) -> ExecutionResult:
    result: Any = execute(
        CORE,
        parse(text),
        context_value=Context(viewer=None),
        executor_class=schema.execution_context_class,
        hide_suggestions=True,
    )
    return result if isinstance(result, ExecutionResult) else await result


async def ask_compiled(text: str) -> ExecutionResult:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    compiled = CompiledOperation(CORE, document, operation)
    try:
        variables = compiled.read_variables({})
    except RequestRefused as refusal:
        return ExecutionResult(None, refusal.errors)
    await compiled.run(compiled.begin(variables, Context(viewer=None), None))
    return await compiled.run(compiled.begin(variables, Context(viewer=None), None))


def show(result: ExecutionResult) -> list[Any]:
    found = [
        (error.message, error.locations, error.path, type(error.original_error))
        for error in result.errors or ()
    ]
    return sorted(found, key=str)  # what fails side by side fails in any order


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    hypothesis_graphql.queries(CORE, custom_scalars=SCALARS, allow_x00=False),
    st.data(),
)
async def test_a_random_query_gets_graphql_cores_answer(text: str, chances: st.DataObject) -> None:
    hall = await make_concert()
    ids = [write_id("Concert", hall.id), write_id("Concert", uuid.uuid4()), "nonsense"]
    types = TypeInfo(CORE)
    aimed = print_ast(visit(parse(text), TypeInfoVisitor(types, Aim(types, ids, chances))))
    if validate(CORE, parse(aimed)):
        return
    core, compiled = await ask_core(aimed), await ask_compiled(aimed)
    assert compiled.data == core.data
    assert show(compiled) == show(core)
