"""The people: each wants seats, and does with them what people do, double clicks included."""

import asyncio
import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from bigcat_graphql.simulation import wishes
from bigcat_graphql.simulation.box_office import BoxOffice, Person, WrongAnswer
from bigcat_graphql.simulation.gong import Gong
from bigcat_graphql.simulation.ledger import Intent, Outcome
from bigcat_graphql.simulation.mutations import (
    BOOK,
    CANCEL,
    CHANGE,
    ENTER,
    EXTEND,
    LIMITS,
    PAY,
    Mutation,
)
from bigcat_graphql.simulation.shows import Show, Shows

Json = Any

_DOUBLE_CLICK_SHARE = 0.10
_REPEAT_SHARE = 0.10
_HANG_UP_SHARE = 0.03
_CHANGE_SHARE = 0.15
_GIVE_BACK_SHARE = 0.6
_REMEMBERED = 5
_FATES = {"pay": 50, "abandon": 20, "cancel": 12, "decline": 6, "decline, then pay": 12}


@dataclass(slots=True)
class Buyer:
    """Somebody who books again and again; over the limit of tickets, somebody else."""

    number: int
    office: BoxOffice
    shows: Shows
    gong: Gong
    dice: random.Random
    person: Person = field(default_factory=lambda: Person("10.0.0.0"))
    lives: int = 0
    _done: deque[Intent] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    async def enter(self) -> None:
        """Become a guest with a new account.

        Raises:
            WrongAnswer: there was none.
        """
        self.lives += 1
        self._done.clear()
        stranger = Person(f"10.{self.number >> 8 & 255}.{self.number & 255}.{self.lives & 255}")
        email = f"buyer{self.number}.{self.lives}@example.org"
        variables = {"input": {"email": email, "name": f"Buyer {self.number}"}}
        answer = await self.office.ask(stranger, ENTER.text, variables)
        self.person = Person(stranger.address, answer["session"]["accessToken"])

    async def live(self) -> None:
        """Book and decide until the house closes."""
        while await self.gong.wait(self.dice):
            try:
                await self._have_an_evening()
            except WrongAnswer:
                continue  # it is in the ledger

    async def _have_an_evening(self) -> None:
        show = self.shows.pick(self.dice)
        outcome = await self._book(show)
        if outcome.code and outcome.code.endswith(LIMITS):
            await self.enter()
        if outcome.booking:
            await self._decide(show, outcome.booking["id"])
        if self._done and self.dice.random() < _REPEAT_SHARE:
            await self._send(self.dice.choice(self._done))

    async def _book(self, show: Show) -> Outcome:
        selection = wishes.choose(self.dice, show)
        began_at = time.monotonic()
        outcome = await self._submit(BOOK, concertId=show.id, selection=selection)
        self.office.timeline.note_booking(
            time.monotonic() - began_at, is_made=outcome.booking is not None
        )
        return outcome

    async def _decide(self, show: Show, booking_id: str) -> None:
        if self.dice.random() < _CHANGE_SHARE:
            await self._change_mind(show, booking_id)
        fate = self.dice.choices(list(_FATES), list(_FATES.values()))[0]
        await asyncio.sleep(self.dice.expovariate(2))
        if fate == "cancel":
            await self._submit(CANCEL, by={"id": booking_id})
        if fate.startswith("decline"):
            await self._pay(booking_id, "decline")
        if fate.endswith("pay"):
            await self._have_seats(await self._pay(booking_id, "approve"))

    async def _change_mind(self, show: Show, booking_id: str) -> None:
        more = wishes.choose_one_more(self.dice, show)
        await self._submit(CHANGE, bookingId=booking_id, add=more)
        await self._submit(EXTEND, bookingId=booking_id)

    async def _pay(self, booking_id: str, method: str) -> Outcome:
        return await self._submit(PAY, bookingId=booking_id, provider="test", paymentMethod=method)

    async def _have_seats(self, outcome: Outcome) -> None:
        """Give them back after a while, all or one, or keep them."""
        if outcome.booking is None or self.dice.random() > _GIVE_BACK_SHARE:
            return
        await asyncio.sleep(self.dice.expovariate(1))
        tickets = [one["id"] for one in outcome.booking.get("tickets", ())]
        some: dict[str, object] = {}
        if len(tickets) > 1 and self.dice.random() < 1 / 3:
            some = {"ticketIds": tickets[:1]}
        await self._submit(CANCEL, by={"id": outcome.booking["id"]}, **some)

    async def _submit(self, mutation: Mutation, **given: object) -> Outcome:
        """Have a new intent's outcome; now and then by two requests at once, or by one hung up."""
        key = str(UUID(int=self.dice.getrandbits(128)))
        intent = Intent(mutation, {**given, "idempotencyKey": key})
        try:
            outcome = await self._send_as_people_do(intent)
        except BaseException:
            # Cut off by the end of the evening too: what it did, nobody was told.
            self.office.ledger.doubt(intent.booking_id)
            raise
        self._done.append(intent)
        if outcome.code:
            self.office.refusals[outcome.code] += 1
        return outcome

    async def _send_as_people_do(self, intent: Intent) -> Outcome:
        if self.dice.random() >= _DOUBLE_CLICK_SHARE:
            return await self._send(intent, hang_up=self.dice.random() < _HANG_UP_SHARE)
        self.office.retries["double click"] += 1
        clicks = (self._send(intent), self._send(intent))
        # Both to their end: a click that is left alone would still change the booking.
        first, second = await asyncio.gather(*clicks, return_exceptions=True)
        for outcome in (first, second):
            if isinstance(outcome, BaseException):
                raise outcome
        return cast("Outcome", first)

    async def _send(self, intent: Intent, *, hang_up: bool = False) -> Outcome:
        answer = await self.office.ask(
            self.person, intent.mutation.text, {"input": intent.input}, hang_up=hang_up
        )
        self.office.timeline.answers += 1
        error = next(iter(answer["errors"]), {"code": None})
        outcome = Outcome(answer["booking"], error["code"])
        self.office.ledger.accept(intent, outcome)
        return outcome
