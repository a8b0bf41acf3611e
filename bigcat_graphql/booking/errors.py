"""Facts that stop a booking; nothing was taken, given back or changed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import BookingStatus, ConcertStatus, TicketStatus
from bigcat_graphql.money import Money


@dataclass(frozen=True, slots=True)
class SeatChoice:
    """Seats that could be booked instead, ascending; they are not reserved."""

    indexes: tuple[int, ...]
    labels: tuple[str, ...]
    total_minor: int
    currency: str

    @property
    def total(self) -> Money:
        """Price of all of them."""
        return Money(self.total_minor, self.currency)


@dataclass(eq=False)
class SeatsUnavailable(DomainError):
    """Some of the chosen seats are taken. Nothing was reserved."""

    indexes: tuple[int, ...]
    labels: tuple[str, ...]
    retry_after_seconds: int | None = None
    alternatives: tuple[SeatChoice, ...] = ()

    @property
    def message(self) -> str:
        """Name the first few seats."""
        named = "; ".join(self.labels[:4])
        rest = f" and {len(self.labels) - 4} more" if len(self.labels) > 4 else ""
        return f"Taken: {named}{rest}. Nothing was reserved: choose other seats."


@dataclass(eq=False)
class SeatRuleBroken(DomainError):
    """The choice breaks a rule about single or companion seats. Nothing was reserved."""

    indexes: tuple[int, ...]
    labels: tuple[str, ...]
    path: tuple[str, ...]
    alternatives: tuple[SeatChoice, ...] = ()

    code = ""


@dataclass(eq=False)
class SingleSeatLeft(SeatRuleBroken):
    """The choice would leave a single seat alone."""

    code = "SINGLE_SEAT_LEFT"

    @property
    def message(self) -> str:
        """Say which."""
        return f"This would leave alone: {'; '.join(self.labels)}. Move along by one."


@dataclass(eq=False)
class CompanionAlone(SeatRuleBroken):
    """Companion seats go only with the accessible seat beside them."""

    code = "COMPANION_RULE"


@dataclass(eq=False)
class UnknownSeats(DomainError):
    """Some of the indexes are not of this plan, or not of this booking: fetch both again."""

    indexes: tuple[int, ...]
    path: tuple[str, ...]


@dataclass(eq=False)
class PlanChanged(DomainError):
    """The seats were read from another version of the plan: fetch the seat map again."""

    plan_version: int


@dataclass(eq=False)
class NotEnoughSeats(DomainError):
    """Fewer seats are left than were asked for. Nothing was reserved."""

    remaining: int
    path: tuple[str, ...]
    retry_after_seconds: int | None = None

    @property
    def code(self) -> str:
        """Tell "some, but fewer" from "none"."""
        return "NOT_ENOUGH_SEATS" if self.remaining else "SOLD_OUT"

    @property
    def message(self) -> str:
        """Say how many are left."""
        left = f"Only {self.remaining} such seats are" if self.remaining else "No such seat is"
        return f"{left} left. Nothing was reserved."


@dataclass(eq=False)
class LimitExceeded(DomainError):
    """More than is allowed."""

    limit: int
    remaining: int
    path: tuple[str, ...]
    retry_after_seconds: int | None = None

    code = ""


@dataclass(eq=False)
class SeatsPerBookingExceeded(LimitExceeded):
    """One booking cannot have so many seats."""

    code = "SEATS_PER_BOOKING_EXCEEDED"

    @property
    def message(self) -> str:
        """Say how many it can have."""
        return f"One booking can have {self.limit} seats at most."


@dataclass(eq=False)
class TicketsPerAccountExceeded(LimitExceeded):
    """An account cannot have so many tickets of one concert."""

    code = "TICKETS_PER_ACCOUNT_EXCEEDED"

    @property
    def message(self) -> str:
        """Say how many it can have, and has."""
        had = self.limit - self.remaining
        return f"You can have {self.limit} tickets for this concert and have {had} already."


@dataclass(eq=False)
class ReservationTimeExceeded(LimitExceeded):
    """The seats cannot be kept any longer."""

    code = "RESERVATION_TIME_EXCEEDED"

    @property
    def message(self) -> str:
        """Say how long seats can be kept."""
        return f"Seats can be kept {self.limit} minutes at most: pay, or let them go."


@dataclass(eq=False)
class PendingBookingsExceeded(LimitExceeded):
    """The account has too many bookings that are not paid."""

    code = "PENDING_BOOKINGS_EXCEEDED"

    @property
    def message(self) -> str:
        """Say how many it can have."""
        return f"{self.limit} bookings can be open at a time: pay one, or cancel it."


@dataclass(eq=False)
class SeatMinutesExceeded(LimitExceeded):
    """The account has kept too many seats for too long without buying them."""

    code = "SEAT_MINUTES_EXCEEDED"

    @property
    def message(self) -> str:
        """Say what is left."""
        return (
            "You have kept seats of this concert for long without buying them:"
            f" {self.remaining} of {self.limit} minutes (times seats) are left."
        )


@dataclass(eq=False)
class SaleNotOpen(DomainError):
    """The concert is not on sale now."""

    status: ConcertStatus
    opens_at: datetime | None
    opens_locally: str | None = None
    retry_after_seconds: int | None = None

    @property
    def code(self) -> str:
        """Tell before, paused and over apart."""
        if self.status is ConcertStatus.PUBLISHED:
            return "SALE_NOT_OPEN"
        return "SALE_PAUSED" if self.status is ConcertStatus.PAUSED else "SALE_CLOSED"

    @property
    def message(self) -> str:
        """Say when to come back, where that is known."""
        if self.code == "SALE_PAUSED":
            return "The sale is stopped for now: try again later."
        if self.code == "SALE_CLOSED":
            return "The sale is over."
        if self.opens_locally is None:
            return "The sale has not begun, and its date is not announced yet."
        return f"The sale opens on {self.opens_locally}."


@dataclass(eq=False)
class WrongBookingState(DomainError):
    """That is not possible in the state the booking is in."""

    status: BookingStatus
    payment_in_progress: bool = False

    @property
    def code(self) -> str:
        """Tell an open payment from the rest."""
        return "PAYMENT_IN_PROGRESS" if self.payment_in_progress else "WRONG_BOOKING_STATE"

    @property
    def message(self) -> str:
        """Say what state that is."""
        if self.payment_in_progress:
            return "A payment of this booking is open: wait for its end."
        return f"The booking is {self.status}: that is not possible any more.{self._advice}"

    @property
    def _advice(self) -> str:
        lost = self.status in {BookingStatus.EXPIRED, BookingStatus.CANCELLED}
        return " Book seats anew." if lost else ""


@dataclass(eq=False)
class CancellationNotAllowed(DomainError):
    """The time to cancel is over, or a ticket was used. Nothing was cancelled."""

    ticket_ids: tuple[UUID, ...]
    deadline: datetime | None


@dataclass(eq=False)
class TicketNotAdmitted(DomainError):
    """The ticket is not good for an admission."""

    status: TicketStatus
    checked_in_at: datetime | None

    @property
    def code(self) -> str:
        """Tell a second scan from a ticket that is no longer good."""
        return "ALREADY_CHECKED_IN" if self._was_let_in else "WRONG_TICKET_STATE"

    @property
    def message(self) -> str:
        """Say why not."""
        if self._was_let_in:
            return "This ticket was let in before."
        return f"This ticket is {self.status}: it is not good for an admission."

    @property
    def _was_let_in(self) -> bool:
        return self.status is TicketStatus.CHECKED_IN


@dataclass(eq=False)
class IdempotencyConflict(DomainError):
    """This idempotencyKey was used for another request. Use a new one for a new intent."""

    first_used_at: datetime
