"""The limits on the shape of an operation."""

import pytest
from graphql import DocumentNode, build_schema, get_introspection_query, parse

from bigcat_graphql.server.limits import Limits, Measure, find_excesses

SCHEMA = build_schema("""
  interface Named { name: String }
  type Item implements Named { name: String item: Item items: [Item] names: [String] }
  type Query { item: Item items: [Item] named: Named }
  type Mutation { payBooking: Item cancelBooking: Item rename: Item }
""")
DOUBLING = 18


def excesses(query: str, limits: Limits | None = None) -> list[str]:
    return [error.message for error in find_excesses(SCHEMA, parse(query), limits or Limits())]


def nest(levels: int, field: str = "item") -> str:
    return "{ " + f"{field} {{ " * (levels - 1) + "name" + " }" * levels


def bomb(fragments: int) -> DocumentNode:
    """Each fragment spreads the next twice: it unfolds to 2 to the power of their number."""
    chain = [
        f"fragment F{n} on Item {{ item {{ ...F{n + 1} }} items {{ ...F{n + 1} }} }}"
        for n in range(fragments)
    ]
    last = f"fragment F{fragments} on Item {{ name }}"
    return parse("{ item { ...F0 } } " + " ".join([*chain, last]))


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (nest(12), nest(13)),
        (nest(4, "items"), nest(5, "items")),
        ("{ items { names } }", "{ items { items { items { items { names } } } } }"),
        (
            "{ item {" + " ".join(f"a{n}: name" for n in range(15)) + "} }",
            "{ item {" + " ".join(f"a{n}: name" for n in range(16)) + "} }",
        ),
        ("{" + "item { name } " * 10 + "}", "{" + "item { name } " * 11 + "}"),
        ("{ item" + " @skip(if: false)" * 20 + "{ name } }", "{ item" + " @a" * 21 + "{ name } }"),
        (
            "mutation { payBooking { name } rename { name } }",
            "mutation { payBooking { name } ... on Mutation { cancelBooking { name } } }",
        ),
    ],
    ids=["depth", "lists", "leaf lists", "aliases", "root fields", "directives", "money"],
)
def test_a_limit_admits_what_is_within_and_refuses_what_is_beyond(within: str, beyond: str) -> None:
    assert excesses(within) == []
    assert len(excesses(beyond)) == 1


def test_the_introspection_of_graphiql_is_within_the_limits() -> None:
    assert excesses(get_introspection_query()) == []


def test_an_introspection_nested_deeper_than_any_client_needs_is_refused() -> None:
    types = "ofType { " * 13 + "name" + " }" * 13
    assert excesses("{ __schema { types { " + types + " } } }") == [
        "The introspection is nested too deeply: at most 15 levels."
    ]


def test_fragments_that_double_are_measured_by_their_length_not_by_what_they_unfold_to() -> None:
    small, large = (Measure(SCHEMA, bomb(n)) for n in (DOUBLING, 2 * DOUBLING))

    assert small.visited <= 4 * DOUBLING + 2
    assert large.visited - small.visited == 4 * DOUBLING


def test_fragments_that_double_are_refused() -> None:
    messages = [error.message for error in find_excesses(SCHEMA, bomb(DOUBLING), Limits())]
    assert "The operation unfolds to too many selections: at most 5000." in messages


def test_what_stands_in_a_fragment_counts_as_often_as_it_is_spread() -> None:
    fragment = "fragment F on Item { a: name b: name }"
    items = "".join(f" ...on Query {{ item {{ ...F }} }} #{n}\n" for n in range(8))
    assert excesses(f"{{ {items} }} {fragment}") == [
        "The operation has too many aliases: at most 15."
    ]


def test_documents_that_are_not_valid_are_measured_all_the_same() -> None:
    assert excesses("{ nope { really { not } } ...Gone ... on Nobody { name } }") == []
    assert (
        excesses("{ item { ...A } } fragment A on Item { ...B } fragment B on Item { ...A }") == []
    )


def test_a_chain_of_fragments_longer_than_the_stack_is_measured() -> None:
    chain = " ".join(f"fragment F{n} on Item {{ ...F{n + 1} }}" for n in range(3_000))
    assert excesses("{ item { ...F0 } } " + chain + " fragment F3000 on Item { name }") == []
