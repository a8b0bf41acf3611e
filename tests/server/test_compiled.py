"""The compiled executor answers as graphql-core does, whatever is asked and whatever goes wrong."""

from dataclasses import dataclass
from typing import Any

import hypothesis_graphql
import pytest
from graphql import (
    ArgumentNode,
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    execute,
    parse,
    print_ast,
    validate,
    value_from_ast_untyped,
    visit,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigcat_graphql.server.compiled import CompiledOperation, CompiledOperations
from bigcat_graphql.server.one_of import mark_one_of
from bigcat_graphql.server.refusals import RequestRefused
from tests.server.odd_schema import schema

CORE = schema._schema
mark_one_of(CORE)
DATES = {"DateTime": st.just(StringValueNode(value="2026-11-22T19:30:00+00:00"))}


@dataclass(frozen=True)
class Asked:
    """A document, and what is given for its variables."""

    text: str
    variables: dict[str, Any]


class Loosen(Visitor):
    """Rewrites a document: some literals become variables, some inline fragments named ones."""

    def __init__(self, types: TypeInfo, chances: st.DataObject) -> None:
        super().__init__()
        self._types = types
        self._chances = chances
        self.variables: dict[str, tuple[str, Any]] = {}
        self.fragments: list[FragmentDefinitionNode] = []

    def enter_argument(self, node: ArgumentNode, *_: object) -> ArgumentNode | None:
        if not self._chances.draw(st.booleans()):
            return None
        name = f"v{len(self.variables)}"
        self.variables[name] = (
            str(self._types.get_input_type()),
            value_from_ast_untyped(node.value),
        )
        return ArgumentNode(name=node.name, value=VariableNode(name=NameNode(value=name)))

    def leave_inline_fragment(self, node: InlineFragmentNode, *_: object) -> Any:
        if node.type_condition is None or not self._chances.draw(st.booleans()):
            return None
        name = NameNode(value=f"F{len(self.fragments)}")
        condition = NamedTypeNode(name=node.type_condition.name)
        self.fragments.append(
            FragmentDefinitionNode(
                name=name,
                type_condition=condition,
                selection_set=node.selection_set,
                directives=(),
                variable_definitions=(),
            )
        )
        return FragmentSpreadNode(name=name, directives=(), arguments=())


def _loosen(text: str, chances: st.DataObject) -> Asked:
    document = parse(text)
    types = TypeInfo(CORE)
    loose = Loosen(types, chances)
    changed: DocumentNode = visit(document, TypeInfoVisitor(types, loose))
    operation = print_ast(changed.definitions[0])
    if loose.variables:
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in loose.variables.items())
        rest = operation.removeprefix("mutation").removeprefix("query").lstrip()
        word = "mutation" if operation.startswith("mutation") else "query"
        operation = f"{word} Loose({declared}) {rest}"
    parts = [operation, *map(print_ast, loose.fragments)]
    variables = {name: value for name, (_, value) in loose.variables.items()}
    return Asked("\n".join(parts), variables)


async def ask_core(asked: Asked) -> ExecutionResult:
    context = {"count": 0}
    result: Any = execute(
        CORE,
        parse(asked.text),
        variable_values=asked.variables,
        context_value=context,
        executor_class=schema.execution_context_class,
        hide_suggestions=True,
    )
    found = result if isinstance(result, ExecutionResult) else await result
    return ExecutionResult(found.data, found.errors, {"count": context["count"]})


async def ask_compiled(asked: Asked) -> ExecutionResult:
    document = parse(asked.text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    compiled = CompiledOperation(CORE, document, operation)
    context = {"count": 0}
    try:
        variables = compiled.read_variables(asked.variables)
    except RequestRefused as refusal:
        return ExecutionResult(None, refusal.errors, context)
    await compiled.run(compiled.begin(variables, {"count": 0}, None))
    # The second time nothing is compiled any more.
    found = await compiled.run(compiled.begin(variables, context, None))
    return ExecutionResult(found.data, found.errors, context)


async def assert_same(asked: Asked) -> ExecutionResult:
    core, compiled = await ask_core(asked), await ask_compiled(asked)
    assert compiled.data == core.data
    assert _show(compiled) == _show(core)
    assert compiled.extensions == core.extensions
    return core


def _show(result: ExecutionResult) -> list[Any]:
    return [
        # Not the extensions: a refused request has a code there.
        (error.message, error.locations, error.path, type(error.original_error))
        for error in result.errors or ()
    ]


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(hypothesis_graphql.from_schema(CORE, custom_scalars=DATES, allow_x00=False), st.data())
async def test_a_random_document_gets_graphql_cores_answer(
    text: str, chances: st.DataObject
) -> None:
    asked = _loosen(text, chances)
    if not validate(CORE, parse(asked.text)):
        await assert_same(asked)


_EVERYTHING = """
{
  cats(count: 4) { __typename name mood tags lives since home itself { name } friend { name } }
  allCats { name lives }
  animals { __typename name friend { ... on Dog { age owner { name } } } ... on Cat { lives } }
  things { ...Named ... on Cat { lives since } ... on Dog { owner { lives } nothing } ...Heavy }
  a: thing { ... on Animal { failing } } b: thing(number: 3) { ... on Stone { marks } }
  c: thing(number: 4) { __typename } notAThing { __typename } notACat { name } noCat { name } raised
  generated { name } streamed awaitedItems noList oldStyle grow
  echo(word: null, words: "one", box: {size: 1, mood: BAD, inner: {words: ["a", null]}})
  boxed(box: {size: 2, sizes: 3}) chosen(choice: {number: 1})
}
fragment Named on Animal { name mood }
fragment Heavy on Stone { weight marks }
"""
_NULLS = (
    "{ cat { lateFailing } raised }",
    "{ cat { tags } raised }",
    "{ cats { lateFailing name } raised }",
    "{ animals { lateFailing } raised }",
    "{ things { ... on Dog { owner { lateFailing } } } raised }",
)


@pytest.mark.parametrize("text", [_EVERYTHING, *_NULLS])
async def test_every_oddity_is_answered_as_graphql_core_answers_it(text: str) -> None:
    result = await assert_same(Asked(text, {}))
    assert result.errors


@pytest.mark.parametrize(
    ("declared", "used", "given"),
    [
        ("$w: String", "echo(word: $w)", {}),
        ("$w: String", "echo(word: $w)", {"w": None}),
        ('$w: String = "x"', "echo(word: $w)", {}),
        ("$c: Int!", "cats(count: $c) { name }", {"c": 2**31}),
        ("$c: Int!", "cats(count: $c) { name }", {"c": 2.0}),
        ("$c: Int!", "cats(count: $c) { name }", {"c": True}),
        ("$b: Box!", "boxed(box: $b)", {"b": {"size": 1, "other": 2}}),
        ("$b: Box!", "boxed(box: $b)", {"b": {"label": "no size"}}),
        ("$b: Box!", "boxed(box: $b)", {"b": {"size": 1, "mood": "UGLY"}}),
        ("$b: Box!", "boxed(box: $b)", {"b": {"size": 1, "sizes": 4}}),
        ("$b: Box!", "boxed(box: $b)", {"b": {"size": 1, "label": None, "inner": {}}}),
        ("$b: Box!", "boxed(box: $b)", {"b": {"size": None}}),
        ("$w: String", "boxed(box: {size: 1, label: $w})", {"w": "label"}),
        ("$s: Int!", "boxed(box: {size: $s, sizes: [$s, 2]})", {"s": 5}),
        ("$c: Choice!", "chosen(choice: $c)", {"c": {}}),
        ("$c: Choice!", "chosen(choice: $c)", {"c": {"number": None}}),
        ("$c: Choice!", "chosen(choice: $c)", {"c": {"number": 1, "box": {"size": 2}}}),
        ("$n: Int", "chosen(choice: {number: $n})", {}),
        ("$i: ID, $y: Boolean", "echo(id: $i, yes: $y)", {"i": 7, "y": "yes"}),
        ("$i: ID, $f: Float", "echo(id: $i, share: $f)", {"i": 7, "f": 3}),
        ("$t: DateTime", "echo(at: $t)", {"t": "yesterday"}),
        ("$no: Boolean!", "raised @skip(if: $no) echo", {"no": True}),
    ],
)
async def test_variables_are_read_as_graphql_core_reads_them(
    declared: str, used: str, given: dict[str, Any]
) -> None:
    await assert_same(Asked(f"query Odd({declared}) {{ {used} }}", given))


async def test_mutations_run_one_after_another() -> None:
    asked = Asked("mutation { a: count stumble { name } b: count(by: 5) c: count }", {})
    result = await assert_same(asked)
    assert result.data == {"a": 1, "stumble": None, "b": 7, "c": 8}


async def test_what_unfolds_to_too_many_fields_is_left_to_graphql_core() -> None:
    text = "{ animals { ...F0 } }" + "".join(
        f" fragment F{n} on Animal {{ a: itself {{ ...F{n + 1} }} b: itself {{ ...F{n + 1} }} }}"
        for n in range(10)
    )
    document = parse(text + " fragment F10 on Animal { name }")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    compiled = CompiledOperation(CORE, document, operation)
    run = compiled.begin(compiled.read_variables({}), {}, None)
    found = await compiled.run(run)
    core = await ask_core(Asked(print_ast(document), {}))
    assert found.data == core.data
    assert 500 <= compiled.field_count < 520


def test_only_the_operations_used_lately_are_kept() -> None:
    kept = CompiledOperations(CORE)

    def find(document: DocumentNode) -> CompiledOperation:
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        return kept.find(document, operation)

    first, *others = [parse("{ raised }") for _ in range(101)]
    compiled = find(first)
    assert find(first) is compiled
    for one in others:
        find(one)
    assert find(first) is not compiled


async def test_introspection_is_answered_as_graphql_core_answers_it() -> None:
    await assert_same(Asked('{ __type(name: "Cat") { name fields { name } } raised }', {}))
