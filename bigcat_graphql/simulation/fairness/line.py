"""The line as it moves: who is here sees it, is let in, buys or leaves; others are gone."""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bigcat_graphql.clock import utc_now
from bigcat_graphql.simulation.fairness.crowd import Fan

_WATCH = """
subscription ($id: ID!) { queuePosition(concertId: $id) {
  headRank waiting entry { status rank admission estimatedWaitSeconds }
} }
"""
_BOOK = """
mutation ($input: BookSeatsInput!) { bookSeats(input: $input) {
  booking { id } errors { ... on UserError { code } }
} }
"""
_PAY = """
mutation ($input: PayBookingInput!) { payBooking(input: $input) {
  booking { status } errors { ... on UserError { code } }
} }
"""
_LEAVE = "mutation ($id: ID!) { leaveQueue(input: {concertId: $id}) { entry { status } } }"
# Half of those let in buy: what the pace expects until it knows better.
_BUYS = 0.5
# And so many of the people click twice: the same wish, and no hurry.
_DOUBLE_CLICKS = 0.25
_SPREAD = 0.6
_ASKED_AT_ONCE = 250
# How long it takes to notice that one has hung up, at most.
_GLANCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Estimate:
    """What somebody was told of the wait, and when, by the line's seconds."""

    fan: Fan
    at: float
    told: float


@dataclass(slots=True)
class Line:
    """What was seen of it, by the loop's seconds since the sale opened."""

    concert_id: str
    # How long whoever is let in takes to choose, at the median.
    choosing_seconds: float = 0.0
    opened_at: float = 0.0
    positions_grown: int = 0
    let_in_at: dict[Fan, float] = field(default_factory=dict)
    asked: int = 0
    estimates: list[Estimate] = field(default_factory=list)
    bought: int = 0
    # When more than so many were last seen to wait.
    busy_above: float = 0.0
    busy_until: datetime | None = None

    @property
    def is_paced_by_sessions(self) -> bool:
        """Whether it waits for those inside, and not for its pace."""
        return self.choosing_seconds > 0

    @property
    def told(self) -> int:
        """How many of those who asked were told something."""
        return len(self.estimates)

    def open(self) -> None:
        """Begin to count the seconds."""
        self.opened_at = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the sale is open."""
        return time.monotonic() - self.opened_at


class Watcher:
    """One person who is here: a socket that is open, a place in line, and what comes of it."""

    def __init__(self, fan: Fan, line: Line, dice: random.Random) -> None:
        self.fan = fan
        self._line = line
        self._dice = dice
        self._position: int | None = None
        self._gone = asyncio.Event()

    @property
    def is_gone(self) -> bool:
        """Whether it has hung up."""
        return self._gone.is_set()

    def hang_up(self) -> None:
        """Close the page, and not come back."""
        self._gone.set()

    async def stay(self) -> None:
        """Watch until let in, or gone; come back whenever the connection breaks."""
        while not self.is_gone and self.fan not in self._line.let_in_at:
            try:
                await self._watch()
            except (OSError, WebSocketException):
                await asyncio.sleep(self._dice.uniform(0.1, 1.0))

    async def _watch(self) -> None:
        url = f"ws://127.0.0.1:{self.fan.wire.port}/graphql"
        async with connect(url, subprotocols=["graphql-transport-ws"], max_size=None) as socket:  # type: ignore[list-item] # a string is one
            await self._subscribe(socket)
            while not self.is_gone:
                try:
                    message = json.loads(await asyncio.wait_for(socket.recv(), _GLANCE_SECONDS))
                except TimeoutError:
                    continue
                if message["type"] == "next" and await self._see(message["payload"]["data"]):
                    return

    async def _subscribe(self, socket: ClientConnection) -> None:
        hello = {"authorization": f"Bearer {self.fan.token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": hello}))
        await socket.recv()
        asked = {"query": _WATCH, "variables": {"id": self._line.concert_id}}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": asked}))

    async def _see(self, data: dict[str, Any]) -> bool:
        """Take in one frame; tell whether there is nothing more to wait for."""
        frame = data["queuePosition"]
        if frame["waiting"] > self._line.busy_above:
            self._line.busy_until = utc_now()
        if entry := frame["entry"]:
            self.fan.rank = entry["rank"]
            if entry["status"] == "ADMITTED":
                self._line.let_in_at[self.fan] = self._line.seconds
                await self._use(entry["admission"])
                return True
        if self.fan.rank is not None:
            position = self.fan.rank - frame["headRank"]
            grown = self._position is not None and position > self._position
            self._line.positions_grown += grown
            self._position = position
        return False

    async def _use(self, admission: str) -> None:
        await asyncio.sleep(self._line.choosing_seconds * self._dice.lognormvariate(0, _SPREAD))
        if self._dice.random() >= _BUYS:
            await self.fan.ask(_LEAVE, id=self._line.concert_id)
            return
        asked = {
            "concertId": self._line.concert_id,
            "selection": {"bestAvailable": {"quantity": 2}},
            "idempotencyKey": uuid4().hex,
            "admission": admission,
        }
        clicks = 2 if self._dice.random() < _DOUBLE_CLICKS else 1
        asking = (self._ask_for_booking(_BOOK, "bookSeats", asked) for _ in range(clicks))
        made = next(filter(None, await asyncio.gather(*asking)), None)
        if not made:
            return
        paid = {"bookingId": made["id"], "provider": "test", "paymentMethod": "approve"}
        paid["idempotencyKey"] = uuid4().hex
        if await self._ask_for_booking(_PAY, "payBooking", paid):
            self._line.bought += 1

    async def _ask_for_booking(self, document: str, name: str, wish: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        answer = await self.fan.ask(document, input=wish)
        made = (answer.get("data") or {}).get(name)
        self.fan.refusals.update(error["code"] for error in (made or {}).get("errors", ()))
        return made and made["booking"]


async def ask_for_estimates(fans: Sequence[Fan], line: Line, dice: random.Random) -> None:
    """Write down what some of those in line are told of their wait now."""
    waiting = [fan for fan in fans if fan not in line.let_in_at]
    for fan in dice.sample(waiting, min(_ASKED_AT_ONCE, len(waiting))):
        if fan in line.let_in_at:
            continue
        entry = await fan.join(line.concert_id)
        if entry and entry["status"] == "WAITING":
            line.asked += 1
            if entry["estimatedWaitSeconds"] is not None:
                told = float(entry["estimatedWaitSeconds"])
                line.estimates.append(Estimate(fan, line.seconds, told))
