"""Fields that answer under one key: our linear rule agrees with graphql-core's."""

from graphql import OverlappingFieldsCanBeMergedRule, build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.server.overlaps import find_conflicts

SCHEMA = build_schema("""
  type Cat { name(big: Boolean): String age: Int! lives: Int cat: Cat dog: Dog cats: [Cat] }
  type Dog { name(big: Boolean): String age: Float! lives: [Int] cat: Cat dog: Dog cats: Cat }
  union Pet = Cat | Dog
  type Query { cat: Cat dog: Dog pet: Pet pets: [Pet] }
""")
LEAVES = ["name", "name(big: true)", "x: name", "x: age", "age", "lives", "x: lives"]


def field(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = st.sampled_from(["cat", "dog", "x: cat", "x: dog", "cats", "... on Cat", "... on Dog"])
    sets = st.lists(inner, min_size=1, max_size=4).map(" ".join)
    return st.tuples(keys, sets).map(lambda pair: f"{pair[0]} {{ {pair[1]} }}")


SELECTIONS = st.recursive(st.sampled_from([*LEAVES, "...F"]), field, max_leaves=12)


@given(st.lists(SELECTIONS, min_size=1, max_size=5), st.lists(st.sampled_from(LEAVES), min_size=1))
def test_it_finds_a_conflict_exactly_where_graphql_core_does(
    selections: list[str], leaves: list[str]
) -> None:
    fragment = f"fragment F on Cat {{ {' '.join(leaves)} }}"
    inner = " ".join(selections)
    pet = f"... on Cat {{ {inner} ...F }} ... on Dog {{ {inner} }}"
    document = parse(f"{{ pet {{ {pet} }} }} {fragment}")

    theirs = validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule])
    assert bool(find_conflicts(SCHEMA, document)) == bool(theirs)


def test_it_says_which_key_and_why() -> None:
    found = find_conflicts(SCHEMA, parse("{ cat { name x: age x: lives } }"))
    assert [error.message.partition(".")[0] for error in found] == [
        "Fields 'x' conflict because they return conflicting types"
    ]
