"""Sale queues over real sockets: one's own place is nobody else's to see."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking.gate import put_up
from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import Concert, QueueEntryStatus
from bigcat_graphql.onsale import leave_queue, take_part
from bigcat_graphql.onsale.presence import present_at
from bigcat_graphql.onsale.turns import take_turn
from bigcat_graphql.resolvers.api import schema
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.server.app import create_app
from bigcat_graphql.server.context import make_context
from bigcat_graphql.server.services import Services
from bigcat_graphql.settings import Settings, override_settings
from tests.onsale.queues import join_all, make_queue, open_sale, pass_seconds, place_of
from tests.server.asking import Talk, talk
from tests.server.conftest import serving

WATCH = """
subscription ($concertId: ID!) {
  queuePosition(concertId: $concertId) {
    phase headRank waiting seatsLeft
    entry { receipt status rank admission estimatedWaitSeconds concert { id } }
  }
}
"""
_PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def _sale(database: object) -> Iterator[None]:  # noqa: ARG001 - it is emptied after
    async def nobody(_: object) -> dict[object, DomainError]:
        return {}

    take_part()
    with override_settings(beacon_url="off", queue_admitted_max=1):
        yield
    put_up(nobody)  # type: ignore[arg-type] # it turns nobody away


@pytest.fixture
async def house() -> AsyncIterator[tuple[dict[str, Viewer], str]]:
    """Our schema on a real port, and who is who by their tokens."""
    known: dict[str, Viewer] = {}

    settings = Settings.model_validate({"port": 0, "graceful_seconds": 2})
    services = Services(authenticate=known.__getitem__, make_context=make_context)
    async with serving(create_app(settings, schema, services), settings) as (_, address):
        yield known, address


class Tab:
    """One socket that watches, and all that it was ever sent."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.heard: list[dict[str, Any]] = []

    async def watch(self, concert: Concert, **init: str) -> None:
        await self.talk.begin(init or None)
        variables = {"concertId": write_id("Concert", concert.id)}
        await self.talk.subscribe(WATCH, variables=variables)

    async def until(self, text: str) -> dict[str, Any]:
        """Read on until something says this."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                message = await self.talk.hear()
                self.heard.append(message)
                if text in json.dumps(message):
                    frame: dict[str, Any] = message["payload"]["data"]["queuePosition"]
                    return frame

    @property
    def places(self) -> list[dict[str, Any]]:
        frames = [one["payload"]["data"]["queuePosition"] for one in self.heard]
        return [frame["entry"] for frame in frames if frame["entry"]]


async def test_an_admission_reaches_its_owner_and_nobody_else(
    house: tuple[dict[str, Viewer], str],
) -> None:
    known, address = house
    concert = await make_queue()
    ada, ben = await join_all(concert, 2)
    known.update(ada=ada, ben=ben)
    receipts = {one: (await place_of(concert, known[one])).id.hex for one in known}

    async with AsyncExitStack() as stack:
        names = {"first": "ada", "second": "ada", "other": "ben", "stranger": ""}
        tabs: dict[str, Tab] = {}
        for name, token in names.items():
            tab = tabs[name] = Tab(await stack.enter_async_context(talk(address, init=False)))
            await tab.watch(concert, **({"authorization": f"Bearer {token}"} if token else {}))
            await tab.until("PREQUEUE")
        await open_sale(concert)
        ranks = {one: (await place_of(concert, known[one])).rank for one in known}
        inside = min(known, key=lambda one: ranks[one] or 0)
        outside = "ben" if inside == "ada" else "ada"
        told = await asyncio.gather(
            *(tabs[n].until('"admission": "') for n, who in names.items() if who == inside)
        )
        assert all(frame["entry"]["status"] == "ADMITTED" for frame in told)
        assert all(frame["entry"]["receipt"] == receipts[inside] for frame in told)

        # Everybody else sees the head move on, and then their own admission.
        await leave_queue(known[inside], concert_id=concert.id)
        await pass_seconds(concert, 1)
        await take_turn()
        await asyncio.gather(*(tabs[n].until('"headRank": 2') for n in tabs))
        for name, who in names.items():
            if who == outside and tabs[name].places[-1]["admission"] is None:
                await tabs[name].until('"admission": "')
            seen = {place["receipt"] for place in tabs[name].places}
            assert seen == ({receipts[who]} if who else set())
        assert tabs["stranger"].places == []
        assert set(present_at(concert.id)) == {ada.account_id, ben.account_id}
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while present_at(concert.id):
            await asyncio.sleep(0.01)
    assert (await place_of(concert, known[outside])).status is QueueEntryStatus.ADMITTED
