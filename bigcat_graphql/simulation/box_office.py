"""Asking until there is an answer, as a patient client does: the same again, at any node."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bigcat_graphql.simulation.figures import Timeline
from bigcat_graphql.simulation.ledger import Ledger
from bigcat_graphql.simulation.wire import NoAnswer, Wire

Json = Any
Variables = Mapping[str, object]

# Twice the server's own limit on a query: who waits longer than this is stuck, not in line.
_ANSWER_SECONDS = 30.0
# For the kill of the last node together with the slowest start of another.
_PATIENCE_SECONDS = 60.0
_AGAIN_SECONDS = 0.1
# The server works out its answer for somebody who is no longer there.
_HANG_UP_SECONDS = 0.03


class WrongAnswer(Exception):
    """No client can act on this answer; it is in the ledger."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: a token, and a network address as a proxy of this machine would tell it."""

    address: str
    token: str | None = None


@dataclass(slots=True)
class BoxOffice:
    """All nodes as one counter."""

    wires: Sequence[Wire]
    ledger: Ledger
    dice: random.Random
    timeline: Timeline = field(default_factory=Timeline)
    refusals: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)

    async def ask(
        self, person: Person, document: str, variables: Variables, *, hang_up: bool = False
    ) -> Json:
        """Give the root field of the answer, asking again while that is all one can do.

        With `hang_up` the first request is abandoned before its answer can come.

        Raises:
            WrongAnswer: it is untyped, or never came.
        """
        body = orjson.dumps({"query": document, "variables": variables})
        if hang_up:
            await self._hang_up(person, body)
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            answer = await self._ask_once(self.dice.choice(self.wires), person, body)
            if answer is not None:
                return answer
            await asyncio.sleep(self.dice.uniform(0, 2 * _AGAIN_SECONDS))
        raise self._note("requests never answered", document)

    async def _hang_up(self, person: Person, body: bytes) -> None:
        self.retries["hung up"] += 1
        patience = self.dice.uniform(0.001, _HANG_UP_SECONDS)
        try:
            await self.dice.choice(self.wires).post(
                body, token=person.token, address=person.address, within_seconds=patience
            )
        except (NoAnswer, TimeoutError):
            return

    async def _ask_once(self, wire: Wire, person: Person, body: bytes) -> Json:
        """Give the root field; None means that the same must be asked again."""
        try:
            status, text = await wire.post(
                body, token=person.token, address=person.address, within_seconds=_ANSWER_SECONDS
            )
        except NoAnswer as error:
            self.retries[f"no answer: {error}"] += 1
            return None
        except TimeoutError:
            what = f"requests without an answer for {_ANSWER_SECONDS:g} s"
            raise self._note(what, body.decode()) from None
        if status != 200:
            raise self._note("answers other than HTTP 200", f"{status} {text[:300]!r}")
        return self._read(text)

    def _read(self, text: bytes) -> Json:
        answer = orjson.loads(text)
        codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", ())}
        if codes == {"THROTTLED"}:
            self.retries["THROTTLED"] += 1
            return None
        if codes:
            raise self._note("untyped errors", str(answer["errors"][:1]))
        [root] = answer["data"].values()
        for error in (root or {}).get("errors", ()):
            if error["__typename"] == "TryAgainError":
                self.retries[error["code"]] += 1
                return None
        return root

    def _note(self, what: str, example: str) -> WrongAnswer:
        self.ledger.complain(what, example)
        return WrongAnswer(what)
