"""Who stands in front of the sale: people in four latency cohorts, bots, and a farm of accounts."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from bigcat_graphql.simulation.mutations import ENTER
from bigcat_graphql.simulation.wire import NoAnswer, Wire

_PATIENCE_SECONDS = 30.0
_ENTERING = 32
JOIN = """
mutation ($id: ID!, $nonce: String) { joinQueue(input: {concertId: $id, nonce: $nonce}) {
  entry { receipt rank status admission estimatedWaitSeconds }
  errors { ... on UserError { code } }
} }
"""


class Cohort(StrEnum):
    """Kinds of accounts; the value is how the report calls them."""

    FIBRE = "people, fast line"
    CABLE = "people, usual line"
    PHONE = "people, phone"
    TRAIN = "people, bad line"
    BOT = "bots, many requests"
    FARM = "farm, many accounts"


# Medians of the seconds that a person's click takes, as measured by others, a tenth of them: who
# simulates need not wait as long as people do.
LATENCY_SECONDS = {
    Cohort.FIBRE: 0.135,
    Cohort.CABLE: 0.18,
    Cohort.PHONE: 0.27,
    Cohort.TRAIN: 0.5,
    Cohort.BOT: 0.002,
    Cohort.FARM: 0.002,
}
PEOPLE = (Cohort.FIBRE, Cohort.CABLE, Cohort.PHONE, Cohort.TRAIN)


@dataclass(eq=False, slots=True)
class Fan:
    """One account, and how its owner behaves."""

    number: int
    cohort: Cohort
    wire: Wire
    address: str
    token: str = ""
    receipt: str = ""
    rank: int | None = None
    refusals: Counter[str] = field(default_factory=Counter)

    async def ask(self, document: str, **variables: object) -> Any:  # noqa: ANN401 - JSON
        """Ask the server until it answers."""
        body = orjson.dumps({"query": document, "variables": variables})
        while True:
            try:
                _, text = await self.wire.post(
                    body,
                    token=self.token or None,
                    address=self.address,
                    within_seconds=_PATIENCE_SECONDS,
                )
            except (NoAnswer, TimeoutError):
                await asyncio.sleep(0.2)
                continue
            return orjson.loads(text)

    async def enter(self) -> None:
        """Become somebody."""
        who = {"email": f"fan-{self.number}@example.org", "name": f"Fan {self.number}"}
        answer = await self.ask(ENTER.text, input=who)
        self.token = answer["data"]["continueAsGuest"]["session"]["accessToken"]

    async def join(self, concert_id: str) -> Any:  # noqa: ANN401 - JSON
        """Join; the answer's entry, or nothing when it was refused, which is counted."""
        answer = await self.ask(JOIN, id=concert_id, nonce=f"{self.number}")
        payload = (answer.get("data") or {}).get("joinQueue")
        if payload is None:
            self.refusals["THROTTLED"] += 1
            return None
        self.refusals.update(error["code"] for error in payload["errors"])
        if entry := payload["entry"]:
            self.receipt, self.rank = entry["receipt"], entry["rank"]
        return entry


def make_crowd(
    wires: Sequence[Wire], *, people: int, bots: int, farm: int, first_number: int = 0
) -> list[Fan]:
    """Make accounts, spread over the nodes; the farm and the bots share addresses."""
    kinds = [PEOPLE[n % len(PEOPLE)] for n in range(people)]
    kinds += [Cohort.BOT] * bots + [Cohort.FARM] * farm
    return [
        Fan(number, cohort, wires[number % len(wires)], _address(number, cohort))
        for number, cohort in enumerate(kinds, start=first_number)
    ]


async def enter_all(fans: Sequence[Fan]) -> None:
    """Let everybody become somebody, some at a time."""
    door = asyncio.Semaphore(_ENTERING)

    async def enter(fan: Fan) -> None:
        async with door:
            await fan.enter()

    await asyncio.gather(*map(enter, fans))


async def fill_lobby(
    fans: Sequence[Fan], concert_id: str, *, requests: int, dice: random.Random
) -> None:
    """Let people join once, some of them again from another tab, and bots again and again."""

    async def come(fan: Fan) -> None:
        delays = [dice.lognormvariate(0, 0.5) * LATENCY_SECONDS[fan.cohort]]
        if fan.cohort is Cohort.BOT:
            delays *= requests
        elif dice.random() < 0.1:
            delays *= 2
        for delay in delays:
            await asyncio.sleep(delay)
            await fan.join(concert_id)

    await asyncio.gather(*map(come, fans))


def _address(number: int, cohort: Cohort) -> str:
    if cohort in PEOPLE:
        return f"10.{1 + number // 65_536}.{number // 256 % 256}.{number % 256}"
    # Sixteen machines for all of them.
    return f"10.200.0.{number % 16}"
