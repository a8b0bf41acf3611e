"""One buyer's wish for seats on its way through a batch, and what can come of it."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from bigcat_graphql.accounts.pace import Subject
from bigcat_graphql.booking.idempotency import Answer, Intent
from bigcat_graphql.booking.selection import BookingKey, ChosenSeats, Selection
from bigcat_graphql.errors import DomainError
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking

MUTATION = "bookSeats"


@dataclass(eq=False, slots=True)
class Wish:
    """A bookSeats request; its booking has an id before it exists, so that trying again is safe.

    One that is hasty is to be counted by PostgreSQL, see `hurry`.
    """

    concert_id: UUID
    selection: Selection
    intent: Intent
    is_hasty: bool = False
    booking_id: UUID = field(default_factory=new_id)
    came_at: float = field(default_factory=monotonic)
    tries: int = 0
    seats: frozenset[tuple[UUID, int]] = field(init=False)
    """The very seats it names; none if it leaves the choice to us."""
    names: frozenset[Hashable] = field(init=False)
    """What another wish of its batch may not name: its key and seats; hasty, its subject."""

    def __post_init__(self) -> None:
        """Work out the seats once: each batch that it waits for looks at them."""
        chosen = self.selection.indexes if isinstance(self.selection, ChosenSeats) else ()
        self.seats = frozenset((self.concert_id, index) for index in chosen)
        # PostgreSQL counts an account's hasty wishes one at a time.
        counted = (self.subject,) if self.is_hasty else ()
        self.names = self.seats.union((self.intent.name, *counted))

    @property
    def subject(self) -> Subject:
        """Whose hurry it is, and where."""
        return Subject(self.intent.account_id, self.concert_id)

    @property
    def key(self) -> BookingKey:
        """The booking that it would make."""
        return BookingKey(self.concert_id, self.booking_id)

    @property
    def answer(self) -> Answer:
        """What its key answers once it is met."""
        return Answer(self.key)


@dataclass(frozen=True, slots=True)
class Reserved:
    """The seats are the buyer's; the booking is as it was when it was committed."""

    booking: Booking


@dataclass(frozen=True, slots=True)
class Repeated:
    """The key made this booking before; it is to be read as it is now."""

    key: BookingKey


@dataclass(frozen=True, slots=True)
class Again:
    """Rivals were quicker, but there may be other seats: the next batch tries again."""


Outcome = Reserved | Repeated | Again | DomainError


def repeated(answer: Answer | DomainError | None) -> Outcome:
    """Say what comes of a repeat; of a key forgotten a moment ago it is to be tried again."""
    if answer is None:
        return Again()
    return answer if isinstance(answer, DomainError) else Repeated(answer.booking)
