"""Documents: checked once, found again, refused in plain words."""

import pytest
from graphql import build_schema

from bigcat_graphql.server.documents import Documents
from bigcat_graphql.server.refusals import RequestRefused

SCHEMA = build_schema("""
  type Item { name: String }
  type Query { hello(text: String): String item: Item }
""")


def documents() -> Documents:
    return Documents(SCHEMA, {})


async def refusal(text: str, *, introspection: bool = True) -> str:
    with pytest.raises(RequestRefused) as refused:
        await Documents(SCHEMA, {}, introspection=introspection).read(text)
    assert refused.value.code == "BAD_USER_INPUT"
    return refused.value.errors[0].message


async def test_a_document_is_checked_once_and_then_found_by_its_text() -> None:
    known = documents()
    first = await known.read("{ hello }")
    assert await known.read("{ hello }") is first
    assert known.hits == 1


async def test_documents_that_are_refused_are_not_kept() -> None:
    known = documents()
    for _ in range(2):
        with pytest.raises(RequestRefused):
            await known.read("{ nope }")
    assert known.hits == 0


async def test_what_is_kept_is_bounded_by_its_length() -> None:
    known = documents()
    long = " " * 60_000
    for number in range(10):
        await known.read(f"{{ a{number}: hello {long} }}")
    await known.read("{ hello }")
    await known.read(f"{{ a0: hello {long} }}")
    assert known.hits == 0
    await known.read("{ hello }")
    assert known.hits == 1


async def test_the_operation_is_chosen_by_name_and_only_a_lone_one_needs_none() -> None:
    document = await documents().read("query A { hello } query B { hello }")
    assert document.operation("B").name == "B"
    for name in (None, "C"):
        with pytest.raises(RequestRefused):
            document.operation(name)


async def test_a_document_of_too_many_tokens_comments_or_operations_is_refused() -> None:
    assert "2000 tokens" in await refusal("{" + " hello" * 2_000 + "}")
    assert "comments" in await refusal("#\n" * 201 + "{ hello }")
    many = " ".join(f"query Q{number} {{ hello }}" for number in range(26))
    assert "25 operations" in await refusal(many)


async def test_nothing_is_suggested_that_was_not_asked_for() -> None:
    assert await refusal("{ helo }") == "Cannot query field 'helo' on type 'Query'."
    assert "Did you mean" not in await refusal('{ hello(txt: "a") }')
    assert "Did you mean" not in await refusal("{ ... on Itm { name } }")


@pytest.mark.parametrize("nul", [r"\u0000", r"\u{0}", r"\u{000}"])
async def test_text_with_a_nul_is_refused_however_it_is_written(nul: str) -> None:
    assert "U+0000" in await refusal(f'{{ hello(text: "a{nul}b") }}')


async def test_introspection_can_be_switched_off() -> None:
    assert "introspection" in await refusal("{ __schema { types { name } } }", introspection=False)


async def test_the_cost_of_another_number_of_ids_is_another_cost() -> None:
    schema = build_schema("type Item { name: String } type Query { nodes(ids: [ID!]!): [Item] }")
    document = await Documents(schema, {}).read("query($ids: [ID!]!) { nodes(ids: $ids) { name } }")
    operation = document.operation(None)
    assert [operation.cost({"ids": ["x"] * many}) for many in (3, 100, 3)] == [3, 100, 3]


async def test_the_cost_is_counted_once_for_the_same_page_sizes() -> None:
    operation = (await documents().read("{ item { name } }")).operation(None)
    assert operation.cost({}) == operation.cost({"unrelated": 3}) == 1
