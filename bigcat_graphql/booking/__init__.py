"""Seats of concerts: reserved, confirmed, given back, each by one conditional statement."""

from bigcat_graphql.booking.change import change_seats
from bigcat_graphql.booking.check_in import check_in_ticket, door_list, find_signed_ticket
from bigcat_graphql.booking.errors import (
    CancellationNotAllowed,
    CompanionAlone,
    IdempotencyConflict,
    LimitExceeded,
    NotEnoughSeats,
    PendingBookingsExceeded,
    PlanChanged,
    ReservationTimeExceeded,
    SaleNotOpen,
    SeatChoice,
    SeatMinutesExceeded,
    SeatRuleBroken,
    SeatsPerBookingExceeded,
    SeatsUnavailable,
    SingleSeatLeft,
    TicketNotAdmitted,
    TicketsPerAccountExceeded,
    UnknownSeats,
    WrongBookingState,
)
from bigcat_graphql.booking.expire import sweep, sweep_for_ever
from bigcat_graphql.booking.extend import extend_booking
from bigcat_graphql.booking.history import BookingFilter, bookings_of, count_bookings
from bigcat_graphql.booking.lane import drain
from bigcat_graphql.booking.lookup import (
    SeatState,
    find_booking,
    find_ticket,
    get_booking,
    seats_at,
    seats_of,
    tickets_of,
)
from bigcat_graphql.booking.refunding import Quote, quote_cancellation
from bigcat_graphql.booking.release import Cancellation, cancel_booking
from bigcat_graphql.booking.reserve import book_seats
from bigcat_graphql.booking.selection import (
    BestAvailable,
    BookingKey,
    BookingName,
    ChosenSeats,
    GeneralAdmission,
    GuestReference,
    Selection,
)
from bigcat_graphql.booking.ticket_keys import code_at_once, code_of, make_next_key, public_key_set

__all__ = [
    "BestAvailable",
    "BookingFilter",
    "BookingKey",
    "BookingName",
    "Cancellation",
    "CancellationNotAllowed",
    "ChosenSeats",
    "CompanionAlone",
    "GeneralAdmission",
    "GuestReference",
    "IdempotencyConflict",
    "LimitExceeded",
    "NotEnoughSeats",
    "PendingBookingsExceeded",
    "PlanChanged",
    "Quote",
    "ReservationTimeExceeded",
    "SaleNotOpen",
    "SeatChoice",
    "SeatMinutesExceeded",
    "SeatRuleBroken",
    "SeatState",
    "SeatsPerBookingExceeded",
    "SeatsUnavailable",
    "Selection",
    "SingleSeatLeft",
    "TicketNotAdmitted",
    "TicketsPerAccountExceeded",
    "UnknownSeats",
    "WrongBookingState",
    "book_seats",
    "bookings_of",
    "cancel_booking",
    "change_seats",
    "check_in_ticket",
    "code_at_once",
    "code_of",
    "count_bookings",
    "door_list",
    "drain",
    "extend_booking",
    "find_booking",
    "find_signed_ticket",
    "find_ticket",
    "get_booking",
    "make_next_key",
    "public_key_set",
    "quote_cancellation",
    "seats_at",
    "seats_of",
    "sweep",
    "sweep_for_ever",
    "tickets_of",
]
