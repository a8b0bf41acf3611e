"""Killing: who is killed when, and how long it takes until everything works again."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import orjson

from bigcat_graphql.simulation import postgres
from bigcat_graphql.simulation.gong import Gong
from bigcat_graphql.simulation.mutations import ENTER
from bigcat_graphql.simulation.nodes import Node
from bigcat_graphql.simulation.postgres import Postgres
from bigcat_graphql.simulation.wire import NoAnswer, Wire

_PAUSE_SECONDS = 0.02
_NOTICE_SECONDS = 0.2
_INTO_BURST_SECONDS = 0.5
_PROBE_SECONDS = 10.0
_GIVE_UP_SECONDS = 60.0
# The keeper starts a PostgreSQL again up to five times a minute.
_BETWEEN_KILLS_SECONDS = 25.0
_LAST_SECONDS = 4.0


_Blow = tuple[str, Callable[[], Awaitable[None]]]


class NotReady(Exception):
    """A server does not take requests; its log says why."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill, and after how many seconds bookings were taken again, by any node and by all."""

    what: str
    at_seconds: float
    back_after_seconds: float
    all_back_after_seconds: float


@dataclass(slots=True)
class Faults:
    """Kills one thing after the other."""

    nodes: Sequence[Node]
    postgres: Postgres
    dice: random.Random
    clock: Callable[[], float]
    gong: Gong
    kills: list[Kill] = field(default_factory=list)

    async def strike(self, seconds: float) -> None:
        """Kill each kind at least once, in any order, spread over this time."""
        blows = self._blows(int(seconds / _BETWEEN_KILLS_SECONDS))
        each_seconds = (seconds - _LAST_SECONDS) / (len(blows) + 1)
        for number, (what, blow) in enumerate(blows, 1):
            planned = number * each_seconds + self.dice.uniform(-0.2, 0.2) * each_seconds
            await asyncio.sleep(max(0.0, planned - self.clock()))
            # Where it hurts: while many have asked and few are answered.
            self.gong.sound()
            await asyncio.sleep(self.dice.uniform(0, _INTO_BURST_SECONDS))
            at_seconds, killed_at = self.clock(), time.monotonic()
            await blow()
            probes = [asyncio.create_task(_probe(node.wire, self.dice)) for node in self.nodes]
            await asyncio.wait(probes, return_when=asyncio.FIRST_COMPLETED)
            back_seconds = time.monotonic() - killed_at
            await asyncio.gather(*probes)
            self.kills.append(Kill(what, at_seconds, back_seconds, time.monotonic() - killed_at))

    def _blows(self, count: int) -> list[_Blow]:
        kinds: list[_Blow] = [
            *((node.name, node.kill) for node in self.nodes),
            *((what, self._killer_of(what)) for what in postgres.VICTIMS),
        ]
        chosen: list[_Blow] = []
        while len(chosen) < max(count, 1):
            chosen += self.dice.sample(kinds, len(kinds))
        return chosen[: max(count, len(kinds))]

    def _killer_of(self, what: str) -> Callable[[], Awaitable[None]]:
        async def kill() -> None:
            self.postgres.kill(what, self.dice)
            # Another session may still answer before PostgreSQL has noticed: that is not "back".
            await asyncio.sleep(_NOTICE_SECONDS)

        return kill


async def wait_until_ready(nodes: Sequence[Node], dice: random.Random) -> None:
    """Wait until every node writes to the database.

    Raises:
        NotReady: one never does.
    """
    ready = await asyncio.gather(*(_probe(node.wire, dice) for node in nodes))
    if not all(ready):
        raise NotReady


async def _probe(wire: Wire, dice: random.Random) -> bool:
    """Ask one node for a new account until it makes one, or for a minute in vain."""
    who = {"input": {"email": "probe@example.org", "name": "Probe"}}
    body = orjson.dumps({"query": ENTER.text, "variables": who})
    give_up_at = time.monotonic() + _GIVE_UP_SECONDS
    while time.monotonic() < give_up_at:
        address = f"10.254.{dice.randrange(256)}.{dice.randrange(256)}"
        with suppress(NoAnswer, TimeoutError):
            _, text = await wire.post(
                body, token=None, address=address, within_seconds=_PROBE_SECONDS
            )
            if b'"accessToken"' in text:
                return True
        await asyncio.sleep(_PAUSE_SECONDS)
    return False
