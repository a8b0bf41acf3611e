"""One buyer's attempt to pay on its way through a batch, and what can come of it."""

from dataclasses import dataclass, field
from uuid import UUID

from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.idempotency import Answer, Intent
from bigcat_graphql.errors import DomainError, NotDecided
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, Payment, Ticket
from bigcat_graphql.payments.provider import PaymentProvider

MUTATION = "payBooking"


@dataclass(eq=False, slots=True)
class Attempt:
    """A payBooking request; its payment has an id before it exists, so that it may run again."""

    intent: Intent
    key: BookingKey
    provider: PaymentProvider
    payment_method: str | None
    payment_id: UUID = field(default_factory=new_id)

    @property
    def answer(self) -> Answer:
        """What its key answers once it has begun."""
        return Answer(self.key, made=self.payment_id)


@dataclass(frozen=True, slots=True)
class Paid:
    """A booking that is paid, as it was when that was committed; None was not read."""

    booking: Booking
    payment: Payment | None = None
    tickets: tuple[Ticket, ...] | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """The attempt is written down, now or by an earlier request: its provider is to be asked."""

    payment_id: UUID


@dataclass(eq=False)
class InTheWay(NotDecided):
    """An earlier attempt waits for its buyer, who is about to do something else."""

    payment_id: UUID


Outcome = Paid | Begun | DomainError
