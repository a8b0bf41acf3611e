"""The same wishes in each contender's words, and how to read what it answers."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Protocol
from uuid import UUID

import orjson

from benchmarks.exchange import Answer, write_post
from benchmarks.world import Buyer
from bigcat_graphql.schema.ids import write_id

_CONCERT = "id name artists startsAt venue { name city }"


class Outcome(Enum):
    """What became of a wish for seats."""

    WON = "won"
    LOST = "lost"  # somebody has them
    BUSY = "busy"  # a true answer all the same: nothing was done, try again
    FAILED = "failed"  # anything else


@dataclass(frozen=True, slots=True)
class Criteria:
    """What to search for; times are RFC 3339."""

    artist: str | None = None
    city: str | None = None
    starts_from: str | None = None
    starts_to: str | None = None


class Dialect(Protocol):
    """How to ask one kind of contender."""

    def search(self, criteria: Criteria) -> bytes:
        """Ask for the first 20 concerts."""

    def book(self, concert: UUID, indexes: Sequence[int], buyer: Buyer) -> bytes:
        """Ask for seats."""

    def read_outcome(self, answer: Answer) -> Outcome:
        """Tell what became of a wish for seats."""

    def letters(self, concert: UUID) -> bytes | None:
        """Ask for the state of a hall as one string, or none if it has no such answer."""

    def objects(self, concert: UUID) -> bytes | None:
        """Ask for the state of a hall as one object a seat."""

    def subscription(self, concert: UUID) -> dict[str, object]:
        """Write the payload of a `subscribe` message."""

    def marker(self, index: int) -> bytes:
        """Give the bytes by which a frame is known that tells of one seat."""


def is_good(answer: Answer) -> bool:
    """Tell whether an answer has data and no top-level errors."""
    return answer.status == 200 and b'"data"' in answer.body and b'"errors"' not in answer.body


def _read_payload(answer: Answer, field: str) -> dict[str, Any] | None:
    if answer.status != 200:
        return None
    read = orjson.loads(answer.body)
    return read["data"][field] if read.get("data") and not read.get("errors") else None


def _as_graphql(query: str, variables: object, headers: Mapping[str, str] | None = None) -> bytes:
    body = orjson.dumps({"query": query, "variables": variables})
    return write_post("/graphql", body, headers)


class Bigcat:
    """bigcat's schema, as a front end would use it: a token, and a key for each wish."""

    _SEARCH = f"""query Search($filter: ConcertFilter) {{
        concerts(filter: $filter, first: 20) {{ edges {{ node {{ {_CONCERT} }} }} }} }}"""
    _BOOK = """mutation Book($input: BookSeatsInput!) { bookSeats(input: $input) {
        booking { id status reservedUntil total { amount } }
        errors { __typename ... on UserError { code message } } } }"""
    _PAY = """mutation Pay($input: PayBookingInput!) { payBooking(input: $input) {
        booking { id status payment { status } tickets { code } }
        errors { __typename ... on UserError { code message } } } }"""
    _LETTERS = """query Hall($id: ID!) { seatMap(concertId: $id) {
        availability { version statuses counts { available } } } }"""
    _WATCH = """subscription Watch($id: ID!) { seatAvailability(concertId: $id) {
        ... on SeatAvailabilitySnapshot { epoch version statuses }
        ... on SeatAvailabilityDelta { epoch fromVersion toVersion indexes statuses } } }"""
    _JOIN_QUEUE = """mutation Join($input: JoinQueueInput!) { joinQueue(input: $input) {
        entry { id status rank receipt }
        errors { __typename ... on UserError { code message } } } }"""
    _LEAVE_QUEUE = """mutation Leave($input: LeaveQueueInput!) { leaveQueue(input: $input) {
        entry { id status rank receipt }
        errors { __typename ... on UserError { code message } } } }"""
    _WATCH_QUEUE = """subscription Line($id: ID!) { queuePosition(concertId: $id) {
        phase headRank waiting admittedPerMinute seatsLeft entry { status rank admission } } }"""
    _REFUSALS: ClassVar = {
        "SeatsUnavailableError": Outcome.LOST,
        "TryAgainError": Outcome.BUSY,
    }

    def __init__(self, plan_version: int) -> None:
        self._plan_version = plan_version

    def search(self, criteria: Criteria) -> bytes:
        """Ask for the first 20 concerts."""
        wish: dict[str, object] = {}
        if criteria.artist:
            wish["artist"] = criteria.artist
        if criteria.city:
            wish["city"] = criteria.city
        if criteria.starts_from:
            wish["startsAt"] = {"from": criteria.starts_from, "to": criteria.starts_to}
        return _as_graphql(self._SEARCH, {"filter": wish})

    def book(self, concert: UUID, indexes: Sequence[int], buyer: Buyer) -> bytes:
        """Ask for seats."""
        seats = {"planVersion": self._plan_version, "indexes": indexes}
        return self.choose(concert, {"seats": seats}, buyer)

    def choose(self, concert: UUID, selection: Mapping[str, object], buyer: Buyer) -> bytes:
        """Ask for seats in any of the ways there are to choose."""
        wish = {
            "concertId": write_id("Concert", concert),
            "selection": selection,
            "idempotencyKey": str(uuid.uuid4()),
        }
        token = {"Authorization": f"Bearer {buyer.token}"}
        return _as_graphql(self._BOOK, {"input": wish}, token)

    def read_outcome(self, answer: Answer) -> Outcome:
        """Tell what became of a wish for seats."""
        payload = _read_payload(answer, "bookSeats")
        if payload is None:
            return Outcome.FAILED
        if payload["booking"]:
            return Outcome.WON
        return self._REFUSALS.get(payload["errors"][0]["__typename"], Outcome.FAILED)

    def pay(self, booking_id: str, buyer: Buyer) -> bytes:
        """Pay a booking, and ask for its tickets."""
        wish = {
            "bookingId": booking_id,
            "provider": "test",
            "paymentMethod": "approve",
            "idempotencyKey": str(uuid.uuid4()),
        }
        token = {"Authorization": f"Bearer {buyer.token}"}
        return _as_graphql(self._PAY, {"input": wish}, token)

    def join_queue(self, concert: UUID, token: str) -> bytes:
        """Take a place in a sale queue."""
        return self._mutate(self._JOIN_QUEUE, write_id("Concert", concert), token)

    def do_nothing(self, token: str) -> bytes:
        """Give up a place at a concert that cannot be: that takes no database."""
        return self._mutate(self._LEAVE_QUEUE, "nowhere", token)

    def watch_queue(self, concert: UUID) -> dict[str, object]:
        """Write the payload of a `subscribe` message for the head of the line."""
        return {"query": self._WATCH_QUEUE, "variables": {"id": write_id("Concert", concert)}}

    def _mutate(self, mutation: str, concert_id: str, token: str) -> bytes:
        wish = {"concertId": concert_id}
        return _as_graphql(mutation, {"input": wish}, {"Authorization": f"Bearer {token}"})

    def read_booking(self, answer: Answer) -> str:
        """Read the id of a booking that was won."""
        booking_id: str = orjson.loads(answer.body)["data"]["bookSeats"]["booking"]["id"]
        return booking_id

    def read_paid(self, answer: Answer) -> Outcome:
        """Tell whether a booking is paid, and its two tickets there."""
        payload = _read_payload(answer, "payBooking")
        booking = payload["booking"] if payload else None
        if booking is None or booking["status"] != "CONFIRMED":
            return Outcome.FAILED
        codes = [ticket["code"] for ticket in booking["tickets"] if ticket["code"]]
        return Outcome.WON if len(codes) == 2 else Outcome.FAILED

    def letters(self, concert: UUID) -> bytes | None:
        """Ask for the state of a hall as one string."""
        return _as_graphql(self._LETTERS, {"id": write_id("Concert", concert)})

    def objects(self, concert: UUID) -> bytes | None:  # noqa: ARG002 - by design there is none
        """Nothing: bigcat has no such answer for a whole hall."""
        return None

    def subscription(self, concert: UUID) -> dict[str, object]:
        """Write the payload of a `subscribe` message."""
        return {"query": self._WATCH, "variables": {"id": write_id("Concert", concert)}}

    def marker(self, index: int) -> bytes:
        """Give the bytes by which a frame is known that tells of one seat."""
        return b'"indexes":[%d]' % index


class Plain:
    """The small schema of the other GraphQL servers."""

    _SEARCH = f"""query Search($filter: ConcertFilter) {{
        concerts(filter: $filter, first: 20) {{ edges {{ node {{ {_CONCERT} }} }} }} }}"""
    _BOOK = """mutation Book($concertId: ID!, $indexes: [Int!]!, $accountId: ID!) {
        book(concertId: $concertId, indexes: $indexes, accountId: $accountId) {
        ok bookingId totalMinor reservedUntil } }"""
    _OBJECTS = "query Hall($id: ID!) { seats(concertId: $id) { index tier status } }"
    _WATCH = "subscription Watch($concertId: ID!) { seatsTaken(concertId: $concertId) { %s } }"

    def search(self, criteria: Criteria) -> bytes:
        """Ask for the first 20 concerts."""
        return _as_graphql(self._SEARCH, {"filter": self._filter(criteria)})

    def _filter(self, criteria: Criteria) -> dict[str, object]:
        return {
            "artist": criteria.artist,
            "city": criteria.city,
            "startsFrom": criteria.starts_from,
            "startsTo": criteria.starts_to,
        }

    def book(self, concert: UUID, indexes: Sequence[int], buyer: Buyer) -> bytes:
        """Ask for seats."""
        return _as_graphql(self._BOOK, self._wish(concert, indexes, buyer))

    def _wish(self, concert: UUID, indexes: Sequence[int], buyer: Buyer) -> dict[str, object]:
        return {"concertId": concert, "indexes": indexes, "accountId": buyer.account_id}

    def read_outcome(self, answer: Answer) -> Outcome:
        """Tell what became of a wish for seats."""
        payload = _read_payload(answer, "book")
        if payload is None:
            return Outcome.FAILED
        return Outcome.WON if payload["ok"] else Outcome.LOST

    def letters(self, concert: UUID) -> bytes | None:  # noqa: ARG002 - none has it
        """Nothing: nobody writes such an answer without need."""
        return None

    def objects(self, concert: UUID) -> bytes | None:
        """Ask for the state of a hall as one object a seat."""
        return _as_graphql(self._OBJECTS, {"id": concert})

    def subscription(self, concert: UUID) -> dict[str, object]:
        """Write the payload of a `subscribe` message."""
        query = self._WATCH % "indexes status"
        return {"query": query, "variables": {"concertId": concert}}

    def marker(self, index: int) -> bytes:
        """Give the bytes by which a frame is known that tells of one seat."""
        return b'"indexes":[%d]' % index


class Bare(Plain):
    """The floor: JSON without GraphQL."""

    def search(self, criteria: Criteria) -> bytes:
        """Ask for the first 20 concerts."""
        return write_post("/search", orjson.dumps({**self._filter(criteria), "first": 20}))

    def book(self, concert: UUID, indexes: Sequence[int], buyer: Buyer) -> bytes:
        """Ask for seats."""
        return write_post("/book", orjson.dumps(self._wish(concert, indexes, buyer)))

    def letters(self, concert: UUID) -> bytes | None:
        """Ask for the state of a hall as one string."""
        return write_post("/letters", orjson.dumps({"concertId": concert}))

    def objects(self, concert: UUID) -> bytes | None:
        """Ask for the state of a hall as one object a seat."""
        return write_post("/seats", orjson.dumps({"concertId": concert}))
