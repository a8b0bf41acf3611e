"""What operations cost, by the schema's directives."""

from typing import Any

from graphql import OperationDefinitionNode, build_schema, parse

from bigcat_graphql.server.cost import CostCount, read_weights
from tests.server.toy import schema as toy

SDL = """
  directive @cost(weight: String!) on FIELD_DEFINITION
  directive @listSize(
    assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
    requireOneSlicingArgument: Boolean = true
  ) on FIELD_DEFINITION
  type Item { name: String venue: Venue parts: [Item] @listSize(assumedSize: 10) }
  type Venue { name: String items(first: Int, last: Int): Page @listSize(
    assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["nodes", "edges"]) }
  type Edge { node: Item cursor: String }
  type Page { nodes: [Item] edges: [Edge] totalCount: Int @cost(weight: "5") }
  type Query { item: Item venue: Venue dear: Int @cost(weight: "7.0")
    nodes(ids: [ID!]!): [Item] @listSize(assumedSize: 100) }
"""
SCHEMA = build_schema(SDL)
WEIGHTS = read_weights(SDL)


def count(query: str, **variables: Any) -> int:
    return counting(query, **variables)[0]


def counting(query: str, **variables: Any) -> tuple[int, CostCount]:
    document = parse(query)
    counted = CostCount(SCHEMA, WEIGHTS, document, variables)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return counted.count(operation), counted


def test_an_object_costs_one_and_a_leaf_nothing() -> None:
    assert count("{ item { name venue { name } } }") == 2


def test_a_weight_of_the_schema_replaces_the_usual_one() -> None:
    assert count("{ dear venue { items(first: 1) { totalCount } } }") == 7 + 1 + 1 + 5


def test_a_list_multiplies_what_is_inside_of_it() -> None:
    assert count("{ item { parts { venue { name } } } }") == 1 + 1 + 10
    assert count("{ item { parts { parts { venue { name } } } } }") == 1 + 1 + 10 * (1 + 10)


def test_a_page_multiplies_its_sized_fields_by_the_argument_or_the_assumed_size() -> None:
    page = "{{ venue {{ items{} {{ totalCount nodes {{ venue {{ name }} }} }} }} }}"
    assert count(page.format("")) == 1 + 1 + 5 + 1 + 20
    assert count(page.format("(first: 3)")) == 1 + 1 + 5 + 1 + 3
    assert count(page.format("(first: 3, last: 50)")) == 1 + 1 + 5 + 1 + 50
    assert count(page.format("(first: -5)")) == 1 + 1 + 5 + 1


def test_a_page_size_can_come_as_a_variable() -> None:
    query = "query($n: Int) { venue { items(first: $n) { edges { node { name } } } } }"
    assert count(query, n=40) == 1 + 1 + 1 + 40
    assert count(query) == 1 + 1 + 1 + 20
    assert counting(query)[1].sizing_variables == {"n"}


def test_nodes_cost_one_for_each_id_however_they_are_written() -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { name } }"
    assert count(query, ids=["x"] * 100) == 100
    assert count(query, ids=[]) == 1
    assert count('{ nodes(ids: ["a", "b", "c"]) { name } }') == 3
    assert count('{ nodes(ids: "a") { name } }') == 1
    assert count("{ nodes(ids: $ids) { venue { name } } }", ids=["x"] * 7) == 7 + 100
    assert count("{ venue { items { nodes { name } } } }") == 1 + 1 + 1  # another field's name


def test_fields_that_ask_the_schema_are_counted_each_once() -> None:
    query = '{ ...A ...A b: __type(name: "Item") { name } } '
    fragment = "fragment A on Query { __schema { types { name } } }"
    assert len(counting(query + fragment)[1].introspections) == 2


def test_a_billion_items_cost_more_than_anybody_has() -> None:
    assert count("{ venue { items(first: 2000000000) { nodes { venue { name } } } } }") > 1_000


def test_fragments_cost_what_they_spread_in_their_place() -> None:
    page = "fragment P on Page { nodes { ...I } }"
    item = "fragment I on Item { venue { name } }"
    query = "{ venue { items(first: 3) { ...P ... on Page { nodes { ...I } } } } } "
    assert count(query + page + item) == 1 + 1 + 2 * (1 + 3)


def test_fragments_that_double_are_counted_by_their_length() -> None:
    def bomb(depth: int) -> str:
        chain = (
            f"fragment F{n} on Item {{ venue {{ items {{ nodes {{ {f'...F{n + 1} ' * 2}}} }} }} }} "
            for n in range(depth)
        )
        return "{ item { ...F0 } } " + "".join(chain) + f"fragment F{depth} on Item {{ name }}"

    small, large = (counting(bomb(depth))[1].visited for depth in (18, 36))
    assert large - small == 18 * 5 * 2  # each is counted alone, and as part of a page


def test_introspection_costs_nothing_and_cycles_do_no_harm() -> None:
    assert count("{ __schema { types { fields { name } } } }") == 0
    assert count("{ item { ...A } } fragment A on Item { ...B } fragment B on Item { ...A }") == 1


def test_weights_are_read_from_what_strawberry_prints() -> None:
    weights = read_weights(toy.as_str())
    assert weights["Query", "dear"].cost == 600
    assert weights["Query", "items"].slicing_arguments == ("first",)
    assert weights["Query", "items"].sized_fields == ("nodes",)
