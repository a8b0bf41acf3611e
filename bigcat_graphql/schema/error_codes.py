"""The stable codes of expected failures."""

from enum import StrEnum

from bigcat_graphql.schema.describing import describe_enum


class UserErrorCode(StrEnum):
    """What went wrong, for programs."""

    INVALID_INPUT = "INVALID_INPUT"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    WEAK_PASSWORD = "WEAK_PASSWORD"  # noqa: S105 - a code, no password
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    SESSION_ENDED = "SESSION_ENDED"
    NOT_FOUND = "NOT_FOUND"
    SEATS_UNAVAILABLE = "SEATS_UNAVAILABLE"
    SEATS_UNKNOWN = "SEATS_UNKNOWN"
    PLAN_CHANGED = "PLAN_CHANGED"
    NOT_ENOUGH_SEATS = "NOT_ENOUGH_SEATS"
    SOLD_OUT = "SOLD_OUT"
    SEATS_PER_BOOKING_EXCEEDED = "SEATS_PER_BOOKING_EXCEEDED"
    TICKETS_PER_ACCOUNT_EXCEEDED = "TICKETS_PER_ACCOUNT_EXCEEDED"
    RESERVATION_TIME_EXCEEDED = "RESERVATION_TIME_EXCEEDED"
    SALE_NOT_OPEN = "SALE_NOT_OPEN"
    SALE_PAUSED = "SALE_PAUSED"
    SALE_CLOSED = "SALE_CLOSED"
    WRONG_BOOKING_STATE = "WRONG_BOOKING_STATE"
    PAYMENT_IN_PROGRESS = "PAYMENT_IN_PROGRESS"
    PAYMENT_DECLINED = "PAYMENT_DECLINED"
    CANCELLATION_NOT_ALLOWED = "CANCELLATION_NOT_ALLOWED"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    BUSY = "BUSY"
    RATE_LIMITED = "RATE_LIMITED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    PENDING_BOOKINGS_EXCEEDED = "PENDING_BOOKINGS_EXCEEDED"
    SEAT_MINUTES_EXCEEDED = "SEAT_MINUTES_EXCEEDED"
    SINGLE_SEAT_LEFT = "SINGLE_SEAT_LEFT"
    COMPANION_RULE = "COMPANION_RULE"
    QUEUE_ADMISSION_REQUIRED = "QUEUE_ADMISSION_REQUIRED"
    EMAIL_NOT_VERIFIED = "EMAIL_NOT_VERIFIED"
    ACCESS_CODE_REQUIRED = "ACCESS_CODE_REQUIRED"
    PROOF_OF_WORK_REQUIRED = "PROOF_OF_WORK_REQUIRED"
    WRONG_CONCERT_STATE = "WRONG_CONCERT_STATE"
    ALREADY_CHECKED_IN = "ALREADY_CHECKED_IN"
    WRONG_TICKET_STATE = "WRONG_TICKET_STATE"


describe_enum(
    UserErrorCode,
    "Stable codes of expected failures.",
    {
        "INVALID_INPUT": "A value breaks a rule that types cannot say.",
        "EMAIL_TAKEN": "There is an account with this e-mail.",
        "WEAK_PASSWORD": "The password is too short or too common.",
        "WRONG_CREDENTIALS": ("E-mail, password or mailed code is wrong; it is not told which."),
        "SESSION_ENDED": ("The refresh token is unknown, used, revoked or over: sign in again."),
        "NOT_FOUND": "There is no such thing, or it is somebody else's.",
        "SEATS_UNAVAILABLE": "Some of the chosen seats are not AVAILABLE.",
        "SEATS_UNKNOWN": ("Some of the indexes are not of this plan, or not of this booking."),
        "PLAN_CHANGED": "The indexes were read from another version of the plan.",
        "NOT_ENOUGH_SEATS": "Fewer seats are left than were asked for.",
        "SOLD_OUT": "No seat is left that could be asked for.",
        "SEATS_PER_BOOKING_EXCEEDED": ("More seats than one booking may have; unit: seats."),
        "TICKETS_PER_ACCOUNT_EXCEEDED": (
            "More tickets than one account may have of this concert; unit: tickets."
        ),
        "RESERVATION_TIME_EXCEEDED": ("The booking cannot be kept any longer; unit: minutes."),
        "SALE_NOT_OPEN": "The sale has not begun.",
        "SALE_PAUSED": "The sale is stopped for now.",
        "SALE_CLOSED": "The sale is over, or the concert is cancelled or postponed.",
        "WRONG_BOOKING_STATE": "Not possible in the state the booking is in.",
        "PAYMENT_IN_PROGRESS": ("An attempt to pay the booking is open: wait for its end."),
        "PAYMENT_DECLINED": "The provider or the bank said no; nothing was charged.",
        "CANCELLATION_NOT_ALLOWED": ("The time to cancel is over, or a ticket was used."),
        "IDEMPOTENCY_CONFLICT": "The key came before with other input.",
        "BUSY": "Too many at once; nothing was done.",
        "RATE_LIMITED": "This account or address asks too often; nothing was done.",
        "OUTCOME_UNKNOWN": (
            "The connection to the database or provider was lost: the same key tells what"
            " became of it."
        ),
        "PENDING_BOOKINGS_EXCEEDED": (
            "More PENDING bookings than one account may have at once; unit: bookings."
        ),
        "SEAT_MINUTES_EXCEEDED": (
            "This account has kept too many seats for too long without buying; unit: minutes"
            " times seats."
        ),
        "SINGLE_SEAT_LEFT": "The choice would leave a single seat alone in its row.",
        "COMPANION_RULE": "COMPANION seats go only with the accessible seat beside them.",
        "QUEUE_ADMISSION_REQUIRED": "A sale queue is on and this account is not let in.",
        "EMAIL_NOT_VERIFIED": "This sale asks for a verified e-mail.",
        "ACCESS_CODE_REQUIRED": ("This presale asks for an access code or for being on its list."),
        "PROOF_OF_WORK_REQUIRED": "Joins come too fast: solve `challenge` and join again.",
        "WRONG_CONCERT_STATE": "Not possible in the state the concert is in.",
        "ALREADY_CHECKED_IN": "The ticket was let in before.",
        "WRONG_TICKET_STATE": "Not possible in the state the ticket is in.",
    },
)
