"""Whatever text, number or list comes in: a typed error or an answer, never an accident."""

from typing import Any

import pytest
from graphql import GraphQLError

from bigcat_graphql.errors import DomainError
from tests.resolvers.asking import ask, hold, id_of
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

# Half a surrogate pair is not among them: neither JSON nor GraphQL can bring one.
_TEXTS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "' OR 1=1 --",
    "%_\\",
    "\u202e\U0001f39f",
    "x" * 20_000,
    "\n\r\t\x1b",
    "\uffff",
]
_READ = """
query ($t: String!, $id: ID!) {
  concerts(filter: {text: $t, artist: $t, venue: $t, city: $t}) { totalCount }
  after: concerts(after: $t) { totalCount }
  before: concerts(before: $t) { totalCount }
  slug: concert(by: {slug: $t}) { id }
  id: concert(by: {id: $id}) { id }
  venue(by: {slug: $t}) { id }
  booking(by: {reference: {reference: $t, email: $t}}) { id }
  me { bookings(after: $t, filter: {concertId: $id}) { totalCount } }
  node(id: $id) { id }
  nodes(ids: [$id, $id]) { id }
  seatMap(concertId: $id) { id }
}
"""
_SIGN = """
mutation ($t: String!) {
  signUp(input: {email: $t, password: $t, name: $t}) { errors { __typename } }
  named: signUp(input: {email: "a@example.org", password: "correct horse", name: $t}) {
    errors { __typename }
  }
  locked: signUp(input: {email: "b@example.org", password: $t, name: "B"}) {
    errors { __typename }
  }
  signIn(input: {email: $t, password: $t}) { errors { __typename } }
  refreshSession(input: {refreshToken: $t}) { errors { __typename } }
  signOut(input: {refreshToken: $t}) { errors { __typename } }
  continueAsGuest(input: {email: "c@example.org", name: $t}) { errors { __typename } }
}
"""
_BOOK = """
mutation ($t: String!, $id: ID!, $concert: ID!, $booking: ID!) {
  none: bookSeats(input: {
    concertId: $id, selection: {seats: {planVersion: 1, indexes: [1]}}, idempotencyKey: "a"
  }) { errors { __typename } }
  key: bookSeats(input: {
    concertId: $concert, selection: {seats: {planVersion: 1, indexes: [1]}}, idempotencyKey: $t
  }) { errors { __typename } }
  area: bookSeats(input: {
    concertId: $concert, selection: {generalAdmission: {areaKey: $t, quantity: 1}}
    idempotencyKey: "b"
  }) { errors { __typename } }
  best: bookSeats(input: {
    concertId: $concert
    selection: {bestAvailable: {quantity: 1, sectionKeys: [$t], tierIds: [$id]}}
    idempotencyKey: "c"
  }) { errors { __typename } }
  sections: bookSeats(input: {
    concertId: $concert, selection: {bestAvailable: {quantity: 1, sectionKeys: [$t]}}
    idempotencyKey: "d"
  }) { errors { __typename } }
  payBooking(input: {
    bookingId: $booking, provider: $t, paymentMethod: $t, idempotencyKey: "e"
  }) { errors { __typename } }
  method: payBooking(input: {
    bookingId: $booking, paymentMethod: $t, idempotencyKey: $t
  }) { errors { __typename } }
  extendBooking(input: {bookingId: $booking, idempotencyKey: $t}) { errors { __typename } }
  cancelBooking(input: {
    by: {reference: {reference: $t, email: $t}}, idempotencyKey: $t
  }) { errors { __typename } }
  tickets: cancelBooking(input: {
    by: {id: $booking}, ticketIds: [$id], idempotencyKey: $t
  }) { errors { __typename } }
}
"""
_NUMBERS = [-(2**31), -1, 0, 1, 2**31 - 1]


def accidents(errors: Any) -> list[str]:
    """List what nobody raised on purpose."""
    return [
        f"{error.path}: {error.original_error!r}"
        for error in errors
        if error.original_error is not None
        and not isinstance(error.original_error, DomainError | GraphQLError)
    ]


@pytest.mark.parametrize("text", _TEXTS, ids=ascii)
async def test_no_text_causes_an_accident(text: str) -> None:
    buyer, concert = await make_buyer(), await make_concert(floor=3)
    made = await hold(buyer, concert, 0)
    found = []
    for document in (_READ, _SIGN, _BOOK):
        variables = {"t": text, "id": text, "concert": id_of(concert), "booking": id_of(made)}
        answer = await ask(document, buyer, **variables)
        found += accidents(answer.errors)
    assert not found


@pytest.mark.parametrize("number", _NUMBERS)
async def test_no_number_causes_an_accident(number: int) -> None:
    document = """
    mutation ($n: Int!, $concert: ID!, $booking: ID!) {
      seats: bookSeats(input: {
        concertId: $concert, selection: {seats: {planVersion: $n, indexes: [$n]}}
        idempotencyKey: "a"
      }) { errors { __typename } }
      best: bookSeats(input: {
        concertId: $concert, selection: {bestAvailable: {quantity: $n}}, idempotencyKey: "b"
      }) { errors { __typename } }
      places: bookSeats(input: {
        concertId: $concert, selection: {generalAdmission: {areaKey: "floor", quantity: $n}}
        idempotencyKey: "c"
      }) { errors { __typename } }
      changeSeats(input: {
        bookingId: $booking, add: {seats: {planVersion: 1, indexes: [$n]}}, removeIndexes: [$n]
        idempotencyKey: "d"
      }) { errors { __typename } query { concerts(first: $n) { totalCount } } }
    }
    """
    buyer, concert = await make_buyer(), await make_concert(floor=3)
    made = await hold(buyer, concert, 0)
    answer = await ask(document, buyer, n=number, concert=id_of(concert), booking=id_of(made))
    assert not accidents(answer.errors)


async def test_no_long_list_causes_an_accident() -> None:
    document = """
    mutation ($many: [Int!]!, $ids: [ID!]!, $texts: [String!]!, $concert: ID!, $booking: ID!) {
      seats: bookSeats(input: {
        concertId: $concert, selection: {seats: {planVersion: 1, indexes: $many}}
        idempotencyKey: "a"
      }) { errors { __typename } }
      best: bookSeats(input: {
        concertId: $concert
        selection: {bestAvailable: {quantity: 1, sectionKeys: $texts, tierIds: $ids}}
        idempotencyKey: "b"
      }) { errors { __typename } }
      changeSeats(input: {bookingId: $booking, removeIndexes: $many, idempotencyKey: "c"}) {
        errors { __typename }
      }
      cancelBooking(input: {by: {id: $booking}, ticketIds: $ids, idempotencyKey: "d"}) {
        errors { __typename }
      }
    }
    """
    buyer, concert = await make_buyer(), await make_concert(floor=3)
    made = await hold(buyer, concert, 0)
    answer = await ask(
        document,
        buyer,
        many=list(range(20_000)),
        ids=[id_of(made)] * 20_000,
        texts=["x"] * 20_000,
        concert=id_of(concert),
        booking=id_of(made),
    )
    assert not accidents(answer.errors)
    assert all(payload["errors"] for payload in answer.data.values())
