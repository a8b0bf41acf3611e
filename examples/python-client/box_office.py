"""bigcat over HTTP: a few operations, and errors that say what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

SEARCH = """
query Search($filter: ConcertFilter) {
  concerts(first: 20, filter: $filter) {
    nodes { id name startsAt venue { name city } seatMap { plan { seatCount } } }
  }
}
"""
ENTER = """
mutation Enter($input: ContinueAsGuestInput!) {
  continueAsGuest(input: $input) {
    session { accessToken }
    errors { ... on UserError { code message } }
  }
}
"""
BOOK = """
mutation Book($input: BookSeatsInput!) {
  bookSeats(input: $input) {
    booking { id reference total { amount currency } seats { index label } }
    errors { ... on UserError { code message } }
  }
}
"""
CANCEL = """
mutation Cancel($input: CancelBookingInput!) {
  cancelBooking(input: $input) {
    booking { status }
    errors { ... on UserError { code message } }
  }
}
"""
STATUSES = """
query Statuses($concertId: ID!) { seatMap(concertId: $concertId) { availability { statuses } } }
"""


class Refused(Exception):
    """bigcat said no; the text is for people, `code` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Concert:
    """Something to go to."""

    id: str
    title: str
    numbered_seats: int


@dataclass(frozen=True, slots=True)
class Booking:
    """What was booked."""

    id: str
    reference: str
    indexes: tuple[int, ...]
    labels: tuple[str, ...]


class BoxOffice:
    """One visitor's way to a bigcat server."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=30)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def search(self, **conditions: object) -> list[Concert]:
        """Find concerts; conditions are those of `ConcertFilter`, and all must hold."""
        data = await self._ask(SEARCH, filter=conditions)
        return [_read_concert(node) for node in data["concerts"]["nodes"]]

    async def enter(self, email: str, name: str) -> None:
        """Be a guest from here on."""
        payload = await self._change(ENTER, email=email, name=name)
        token = payload["session"]["accessToken"]
        self._http.headers["authorization"] = f"Bearer {token}"

    async def book_best(self, concert: Concert, quantity: int) -> Booking:
        """Take the best seats there are."""
        payload = await self._change(
            BOOK,
            concertId=concert.id,
            selection={"bestAvailable": {"quantity": quantity}},
            idempotencyKey=str(uuid4()),
        )
        booking = payload["booking"]
        return Booking(
            booking["id"],
            booking["reference"],
            tuple(seat["index"] for seat in booking["seats"]),
            tuple(seat["label"] for seat in booking["seats"]),
        )

    async def cancel(self, booking: Booking) -> None:
        """Give the seats back."""
        await self._change(CANCEL, by={"id": booking.id}, idempotencyKey=str(uuid4()))

    async def statuses(self, concert: Concert) -> str:
        """Read one letter a seat: A available, R reserved, B booked, X not for sale."""
        data = await self._ask(STATUSES, concertId=concert.id)
        statuses: str = data["seatMap"]["availability"]["statuses"]
        return statuses

    async def _change(self, mutation: str, **given: object) -> dict[str, Any]:
        """Send a mutation, again under the same key if the connection breaks: it counts once."""
        variables = {"input": given}
        try:
            data = await self._ask(mutation, **variables)
        except httpx.TransportError:
            data = await self._ask(mutation, **variables)
        [payload] = data.values()
        _raise_first(payload["errors"])
        return dict(payload)

    async def _ask(self, document: str, **variables: object) -> dict[str, Any]:
        request = {"query": document, "variables": variables}
        answer = (await self._http.post("/graphql", json=request)).json()
        for error in answer.get("errors", ()):
            raise Refused(error["extensions"]["code"], error["message"])
        return dict(answer["data"])


def _read_concert(node: dict[str, Any]) -> Concert:
    plan = node["seatMap"]["plan"] if node["seatMap"] else {"seatCount": 0}
    venue = node["venue"]
    title = f"{node['name']}, {venue['name']}, {venue['city']}, {node['startsAt']}"
    return Concert(node["id"], title, plan["seatCount"])


def _raise_first(errors: Sequence[dict[str, str]]) -> None:
    for error in errors:
        raise Refused(error["code"], error["message"])
