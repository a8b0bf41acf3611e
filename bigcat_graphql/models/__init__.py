"""Tables: one class each, with a few predicates in its words; constraints are in migrations."""

from bigcat_graphql.models.account import Account, AccountRole, Session
from bigcat_graphql.models.booking import (
    Booking,
    BookingEndReason,
    BookingStatus,
    IdempotencyKey,
    Ticket,
    TicketStatus,
)
from bigcat_graphql.models.concert import Concert, ConcertOrganizer, ConcertStatus, PriceTier
from bigcat_graphql.models.email_code import EmailCode
from bigcat_graphql.models.message import Channel, Message
from bigcat_graphql.models.payment import (
    Payment,
    PaymentStatus,
    Refund,
    RefundReason,
    RefundStatus,
)
from bigcat_graphql.models.sale_queue import (
    QueueEntry,
    QueueEntryStatus,
    QueuePhase,
    SaleLobby,
    SaleQueue,
)
from bigcat_graphql.models.seat import Seat, SeatStatus
from bigcat_graphql.models.ticket_key import TicketKey
from bigcat_graphql.models.venue import SeatingPlan, SeatType, Venue
from bigcat_graphql.models.waitlist import GatheredSeat, Waitlist, WaitlistEntry, WaitlistStatus

__all__ = [
    "Account",
    "AccountRole",
    "Booking",
    "BookingEndReason",
    "BookingStatus",
    "Channel",
    "Concert",
    "ConcertOrganizer",
    "ConcertStatus",
    "EmailCode",
    "GatheredSeat",
    "IdempotencyKey",
    "Message",
    "Payment",
    "PaymentStatus",
    "PriceTier",
    "QueueEntry",
    "QueueEntryStatus",
    "QueuePhase",
    "Refund",
    "RefundReason",
    "RefundStatus",
    "SaleLobby",
    "SaleQueue",
    "Seat",
    "SeatStatus",
    "SeatType",
    "SeatingPlan",
    "Session",
    "Ticket",
    "TicketKey",
    "TicketStatus",
    "Venue",
    "Waitlist",
    "WaitlistEntry",
    "WaitlistStatus",
]
