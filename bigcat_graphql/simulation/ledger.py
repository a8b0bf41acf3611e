"""What buyers were told, kept apart from the database so that the two can be compared."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bigcat_graphql.simulation.mutations import Mutation

Json = Any
# The first few of a kind tell what is wrong; the rest are only counted.
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final word on one intent: a booking, or why not."""

    booking: Json
    code: str | None

    @property
    def what(self) -> str:
        """Say it so that two of the same intent can be compared."""
        return self.code or str(self.booking["id"])


@dataclass(slots=True)
class Intent:
    """One wish under one key; sent any number of times, it has one outcome."""

    mutation: Mutation
    input: dict[str, object]
    outcome: Outcome | None = None

    @property
    def booking_id(self) -> object:
        """Name the booking that it changes, None where it makes one."""
        by = self.input.get("by")
        return by["id"] if isinstance(by, dict) else self.input.get("bookingId")


@dataclass(frozen=True, slots=True)
class Promise:
    """A booking as its buyer was last told."""

    version: int
    status: str
    seats: frozenset[int]


@dataclass(slots=True)
class Ledger:
    """All promises, and every answer that should not have been."""

    promises: dict[str, Promise] = field(default_factory=dict)
    broken: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    replays: int = 0

    def accept(self, intent: Intent, outcome: Outcome) -> None:
        """Write down the first outcome of an intent, and hold every other against it."""
        if intent.outcome is None:
            intent.outcome = outcome
        elif intent.outcome.what == outcome.what:
            self.replays += 1
        else:
            self.complain(
                "repeats that were answered otherwise",
                f"{intent.mutation.name}: {intent.outcome.what}, then {outcome.what}",
            )
        if outcome.code and not intent.mutation.may_refuse(outcome.code):
            self.complain(
                "refusals that make no sense", f"{intent.mutation.name}: {outcome.code} {intent}"
            )
        if outcome.booking:
            self._promise(outcome.booking)

    def doubt(self, booking_id: object) -> None:
        """Forget a booking whose last change nobody was told of."""
        self.promises.pop(str(booking_id), None)

    def complain(self, what: str, example: str) -> None:
        """Count something that should not have been."""
        self.broken[what] += 1
        if self.broken[what] <= _EXAMPLES:
            self.examples.append(f"{what}: {example}")

    def _promise(self, booking: Json) -> None:
        known = self.promises.get(booking["id"])
        # Answers overtake each other; the version says which is the later.
        if known is None or known.version <= booking["version"]:
            seats = frozenset(seat["index"] for seat in booking["seats"])
            self.promises[booking["id"]] = Promise(booking["version"], booking["status"], seats)
