"""The explorer's tabs fit the schema, the limits and the purse."""

from pathlib import Path

import pytest
from graphql import build_schema

from bigcat_graphql.server.cost import read_weights
from bigcat_graphql.server.documents import Documents
from bigcat_graphql.server.execution import MAX_COST
from bigcat_graphql.server.explorer_tabs import TABS, Tab, fill_in

SDL = Path(__file__).parents[2] / "schema.graphql"


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.operation_name)
async def test_a_tab_is_valid_within_the_limits_and_can_be_paid_for(tab: Tab) -> None:
    if not SDL.exists():
        pytest.skip("schema.graphql is not written yet")
    sdl = SDL.read_text("utf-8")
    documents = Documents(build_schema(sdl), read_weights(sdl))
    operation = (await documents.read(tab.query)).operation(tab.operation_name)
    assert operation.cost(tab.variables) <= MAX_COST
    given = {variable.variable.name.value for variable in operation.node.variable_definitions or ()}
    assert tab.variables.keys() <= given


def test_a_name_without_an_example_stays_for_the_page_to_fill_in() -> None:
    assert fill_in({"a": ["{{b}}", "{{c}}", 1]}, {"b": 5}) == {"a": [5, "{{c}}", 1]}
