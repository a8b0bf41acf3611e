"""The people in a rush: each with an account and a wish, and what the server told them."""

import asyncio
import random
import ssl
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from rush_stage import SEATS_PER_ROW

Json = Any
Variables = Mapping[str, object]

ENTER = """
mutation Enter($input: ContinueAsGuestInput!) {
  continueAsGuest(input: $input) {
    session { accessToken }
    errors { __typename ... on UserError { code message } }
  }
}
"""
LOOK = """
query Look($concertId: ID!) {
  seatMap(concertId: $concertId) { plan { version } availability { statuses } }
}
"""
BOOK = """
mutation Book($input: BookSeatsInput!) {
  bookSeats(input: $input) {
    booking { id seats { index } }
    errors {
      __typename
      ... on UserError { code message }
      ... on NotEnoughSeatsError { remaining }
    }
  }
}
"""
PAY = """
mutation Pay($input: PayBookingInput!) {
  payBooking(input: $input) {
    booking { status seats { index } tickets { status } }
    errors { __typename ... on UserError { code message } }
  }
}
"""
# The server says for how many seconds; a fraction of that is enough here, and ends sooner.
_AGAIN_SECONDS = 0.1
_PATIENCE_SECONDS = 120.0
# Made once: reading the system's certificates takes longer than a booking.
_TLS = ssl.create_default_context()


class UntypedFailure(Exception):
    """The server answered with something that no client can act on."""


@dataclass(slots=True)
class Tally:
    """What came back over HTTP, of everybody."""

    statuses: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    seats: int = 0


class Client:
    """One person's connection to the box office, which sends again until it is answered.

    Everybody has a network address of their own, as a proxy on this machine would tell it.
    """

    def __init__(self, url: str, number: int, tally: Tally) -> None:
        self.tally = tally
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"x-forwarded-for": address},
            timeout=_PATIENCE_SECONDS,
            verify=_TLS,
        )

    def sign_in(self, access_token: str) -> None:
        """Be somebody from here on."""
        self._http.headers["authorization"] = f"Bearer {access_token}"

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def ask(self, document: str, variables: Variables) -> Json:
        """Send one operation, the same again while the server says so, and give its root field.

        Raises:
            UntypedFailure: a status other than 200, or an error that says nothing to a program.
        """
        while True:
            answer = await self._send({"query": document, "variables": variables})
            if answer is not None:
                return answer
            await asyncio.sleep(random.uniform(0, 2 * _AGAIN_SECONDS))

    async def _send(self, request: Json) -> Json:
        try:
            response = await self._http.post("/graphql", json=request)
        except httpx.TransportError as error:
            self.tally.retries[type(error).__name__] += 1
            return None
        self.tally.statuses[response.status_code] += 1
        if response.status_code != httpx.codes.OK:
            raise UntypedFailure(f"HTTP {response.status_code}: {response.text[:200]}")
        return self._read(response.json())

    def _read(self, body: Json) -> Json:
        codes = {error.get("extensions", {}).get("code") for error in body.get("errors", ())}
        if codes == {"THROTTLED"}:
            self.tally.retries["THROTTLED"] += 1
            return None
        if codes:
            raise UntypedFailure(str(body["errors"][0]))
        [answer] = body["data"].values()
        for error in answer.get("errors", ()):
            if error["__typename"] == "TryAgainError":
                self.tally.retries[error["code"]] += 1
                return None
        return answer


@dataclass(slots=True)
class Booker:
    """Somebody who wants seats; in the end has some, or knows why not."""

    number: int
    wish: str
    client: Client
    seats: tuple[int, ...] = ()
    refusal: str | None = None
    failure: str | None = None

    @property
    def email(self) -> str:
        """Their address."""
        return f"booker{self.number}@example.org"


async def enter(booker: Booker) -> None:
    """Give the booker an account."""
    who = {"email": booker.email, "name": f"Booker {booker.number}"}
    answer = await booker.client.ask(ENTER, {"input": who})
    booker.client.sign_in(answer["session"]["accessToken"])


async def look(client: Client, concert_id: str) -> Json:
    """See which seats are free."""
    return await client.ask(LOOK, {"concertId": concert_id})


async def rush(booker: Booker, concert_id: str, hall: Json) -> None:
    """Get seats and pay for them, or learn that there are none; `hall` is what they saw before."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            booking = await _take_seats(booker, concert_id, hall)
            if booking is not None:
                await _pay(booker, booking)
    except (UntypedFailure, TimeoutError) as error:
        booker.failure = f"{type(error).__name__}: {error}"


async def _take_seats(booker: Booker, concert_id: str, hall: Json) -> Json:
    """Ask until there is a booking, or nothing left to ask for."""
    while selection := _choose(booker.wish, hall):
        asked = {"concertId": concert_id, "selection": selection, "idempotencyKey": str(uuid4())}
        answer = await booker.client.ask(BOOK, {"input": asked})
        if answer["booking"]:
            return answer["booking"]
        [error] = answer["errors"]
        booker.refusal = error["code"]
        booker.client.tally.refusals[error["code"]] += 1
        if error["code"] == "SOLD_OUT":
            break
        if error["code"] == "NOT_ENOUGH_SEATS":
            booker.wish = "one seat"
        hall = await look(booker.client, concert_id)
    return None


def _choose(wish: str, hall: Json) -> dict[str, object] | None:
    """Say the wish as a selection; None when no seat is free."""
    statuses = hall["availability"]["statuses"]
    free = [index for index, letter in enumerate(statuses) if letter == "A"]
    if not free:
        return None
    if wish == "best two":
        return {"bestAvailable": {"quantity": 2}}
    pairs = [
        [left, left + 1]
        for left in free
        if left + 1 < len(statuses) and statuses[left + 1] == "A" and (left + 1) % SEATS_PER_ROW
    ]
    chosen = random.choice(pairs) if wish == "a pair" and pairs else [random.choice(free)]
    return {"seats": {"planVersion": hall["plan"]["version"], "indexes": chosen}}


async def _pay(booker: Booker, booking: Json) -> None:
    key = str(uuid4())
    asked = {"bookingId": booking["id"], "provider": "test", "idempotencyKey": key}
    answer = await booker.client.ask(PAY, {"input": asked | {"paymentMethod": "approve"}})
    if not answer["booking"]:
        raise UntypedFailure(f"has seats and may not pay: {answer['errors']}")
    booker.seats = tuple(seat["index"] for seat in answer["booking"]["seats"])
    booker.client.tally.seats += len(booker.seats)
