"""What the simulation holds against the box office: each fault is shown to it once."""

from typing import Any

from bigcat_graphql.simulation.ledger import Intent, Ledger, Outcome
from bigcat_graphql.simulation.mutations import BOOK


def booking(version: int = 1, name: str = "b", status: str = "PENDING") -> dict[str, Any]:
    return {"id": name, "version": version, "status": status, "seats": [{"index": version}]}


def test_a_repeat_that_says_the_same_is_counted() -> None:
    ledger, intent = Ledger(), Intent(BOOK, {})

    for version in (1, 2):
        ledger.accept(intent, Outcome(booking(version), None))

    assert (ledger.replays, ledger.broken.total()) == (1, 0)


def test_a_repeat_that_makes_another_booking_is_noticed() -> None:
    ledger, intent = Ledger(), Intent(BOOK, {})

    ledger.accept(intent, Outcome(booking(), None))
    ledger.accept(intent, Outcome(booking(name="other"), None))

    assert ledger.broken == {"repeats that were answered otherwise": 1}


def test_a_repeat_that_is_refused_is_noticed() -> None:
    ledger, intent = Ledger(), Intent(BOOK, {})

    ledger.accept(intent, Outcome(booking(), None))
    ledger.accept(intent, Outcome(None, "SOLD_OUT"))

    assert ledger.broken == {"repeats that were answered otherwise": 1}


def test_a_refusal_that_an_honest_request_cannot_meet_is_noticed() -> None:
    ledger = Ledger()

    for code in ("SOLD_OUT", "TICKETS_PER_ACCOUNT_EXCEEDED", "IDEMPOTENCY_CONFLICT"):
        ledger.accept(Intent(BOOK, {}), Outcome(None, code))

    assert ledger.broken == {"refusals that make no sense": 1}


def test_the_latest_version_of_a_booking_is_what_was_promised() -> None:
    ledger = Ledger()

    for version, status in ((2, "CONFIRMED"), (1, "PENDING")):
        ledger.accept(Intent(BOOK, {}), Outcome(booking(version, status=status), None))

    promise = ledger.promises["b"]
    assert (promise.version, promise.status, promise.seats) == (2, "CONFIRMED", frozenset({2}))
