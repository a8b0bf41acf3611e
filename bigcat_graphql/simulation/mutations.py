"""What buyers say to the box office, and the refusals that an honest one may answer."""

from dataclasses import dataclass

LIMITS = "_EXCEEDED"
_CARD = "booking { id version status seats { index } }"
_FAULT = "errors { __typename ... on UserError { code message } }"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A document, and the codes that may come back for what the buyers here ask."""

    name: str
    text: str
    refusals: frozenset[str]

    def may_refuse(self, code: str) -> bool:
        """Tell whether the code is one of them; limits are many, and every one of them is fair."""
        return code in self.refusals or (bool(self.refusals) and code.endswith(LIMITS))


def _mutation(name: str, answer: str, *refusals: str) -> Mutation:
    kind = f"{name[0].upper()}{name[1:]}Input!"
    text = f"mutation Go($input: {kind}) {{ {name}(input: $input) {{ {answer} {_FAULT} }} }}"
    return Mutation(name, text, frozenset(refusals))


_NO_SEATS = ("SEATS_UNAVAILABLE", "NOT_ENOUGH_SEATS", "SOLD_OUT")

ENTER = _mutation("continueAsGuest", "session { accessToken accessTokenExpiresAt }")
BOOK = _mutation("bookSeats", _CARD, "SALE_NOT_OPEN", *_NO_SEATS)
CHANGE = _mutation("changeSeats", _CARD, "WRONG_BOOKING_STATE", *_NO_SEATS)
EXTEND = _mutation("extendBooking", _CARD, "WRONG_BOOKING_STATE")
PAY = _mutation(
    "payBooking",
    "booking { id version status seats { index } tickets { id status } }",
    "PAYMENT_DECLINED",
    "PAYMENT_IN_PROGRESS",
    "WRONG_BOOKING_STATE",
)
CANCEL = _mutation("cancelBooking", _CARD, "WRONG_BOOKING_STATE", "PAYMENT_IN_PROGRESS")

LOOK = """
query Look($id: ID!) {
  seatMap(concertId: $id) { plan { version seatCount } availability { statuses } }
}
"""
