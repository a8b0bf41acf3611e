"""The explorer's tabs on the demo, one after the other, as somebody would try them."""

import json

from tests.journeys.visitor import Visitor


async def test_every_tab_runs_as_it_is(visitor: Visitor) -> None:
    tabs = (await visitor.get("/graphiql/tabs.json")).json()
    assert len(tabs) >= 12
    for tab in tabs:
        watches = tab["operationName"].startswith("Watch")
        answer = await (visitor.first_event(tab) if watches else visitor.send(tab))
        assert "errors" not in answer, (tab["operationName"], answer)
        for payload in answer["data"].values():
            assert payload, (tab["operationName"], answer)
            assert not payload.get("errors"), (tab["operationName"], payload)
    assert visitor.booking_id
    assert "{{concertId}}" not in json.dumps(tabs)
