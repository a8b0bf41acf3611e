"""The domain's enums, described for GraphQL."""

from bigcat_graphql.catalogue import SeatFeature
from bigcat_graphql.models import (
    AccountRole,
    BookingEndReason,
    BookingStatus,
    ConcertStatus,
    PaymentStatus,
    RefundStatus,
    SeatStatus,
    SeatType,
    TicketStatus,
)
from bigcat_graphql.schema.describing import describe_enum

describe_enum(
    SeatType,
    "Classes of comfort.",
    {
        "REGULAR": "An ordinary seat or place.",
        "PREMIUM": "A better seat or place.",
        "VIP": "The best, often with extras.",
    },
)


describe_enum(
    ConcertStatus,
    "Where a concert stands; sold out is derived, see `Concert.soldOut`.",
    {
        "DRAFT": "Seen by its organizer only.",
        "PUBLISHED": "Public, not yet on sale.",
        "ON_SALE": "Seats can be booked.",
        "PAUSED": "On sale, stopped for now by the organizer.",
        "CLOSED": "No longer on sale.",
        "COMPLETED": "Over.",
        "POSTPONED": "Put off to a later, perhaps unknown, date; bookings stay valid.",
        "CANCELLED": "Called off.",
    },
)


describe_enum(
    SeatFeature,
    "What is special about a seat.",
    {
        "ACCESSIBLE": "Place for a wheelchair user, or step-free.",
        "COMPANION": "For somebody who accompanies the accessible seat beside it.",
        "RESTRICTED_VIEW": "Part of the stage cannot be seen.",
        "AISLE": "At the end of a row.",
    },
)


describe_enum(
    SeatStatus,
    "State of a seat. Its letter stands for it in `statuses`, its two bits in `packed`.",
    {
        "AVAILABLE": (
            "Letter `A`, bits 0: can be booked; a seat whose reservation is over counts as this."
        ),
        "RESERVED": "Letter `R`, bits 1: in a PENDING booking.",
        "BOOKED": "Letter `B`, bits 2: in a CONFIRMED booking.",
        "BLOCKED": "Letter `X`, bits 3: not for sale.",
    },
)


describe_enum(
    AccountRole,
    "What an account may do; each role includes the ones before it.",
    {
        "GUEST": "Books without a password.",
        "BUYER": "Books, and comes back.",
        "ORGANIZER": "Creates concerts and sees what was sold of them.",
        "ADMIN": "May do everything.",
    },
)


describe_enum(
    BookingStatus,
    "Where a booking stands.",
    {
        "PENDING": "Its seats are RESERVED until `reservedUntil`, waiting to be paid.",
        "CONFIRMED": "Paid or free: its seats are BOOKED, its tickets ISSUED.",
        "CANCELLED": "Given up, or called off; its seats are free again.",
        "EXPIRED": "Not paid in time; its seats are free again.",
    },
)


describe_enum(
    TicketStatus,
    "Where a ticket stands.",
    {
        "ISSUED": "Good for one admission.",
        "CHECKED_IN": "Used.",
        "CANCELLED": "No longer good.",
    },
)


describe_enum(
    PaymentStatus,
    "Where an attempt to pay stands.",
    {
        "CREATED": "Recorded, the provider has not answered yet.",
        "REQUIRES_ACTION": ("The buyer has something to do at the provider, see `clientSecret`."),
        "AUTHORIZED": "The provider keeps the money ready; nothing is charged yet.",
        "CAPTURED": "Charged.",
        "PARTIALLY_REFUNDED": "Some of it was given back.",
        "REFUNDED": "All of it was given back.",
        "FAILED": "Declined or broken off; nothing was charged.",
        "VOIDED": "An authorization that was let go; nothing was charged.",
        "DISPUTED": "The buyer objected at the bank.",
        "ORPHANED": ("Money without a booking whose refund failed; retried, and seen by staff."),
    },
)


describe_enum(
    BookingEndReason,
    "Why a booking ended.",
    {
        "BUYER": "The buyer gave it up.",
        "ORGANIZER": "The organizer or an admin gave it up.",
        "TIME_OVER": "It was not paid in time.",
        "SEATS_LOST": (
            "It was paid too late and its seats were gone; the money goes back in full."
        ),
        "PAYMENT_FAILED": "The payment could not be charged in the end.",
        "CONCERT_CANCELLED": "The concert was called off.",
    },
)


describe_enum(
    RefundStatus,
    "Where a refund stands.",
    {
        "REQUESTED": "Recorded, not yet at the provider.",
        "PENDING": "At the provider.",
        "SUCCEEDED": "Done.",
        "FAILED": "Refused by the provider, retried and seen by staff; or made there, and undone.",
    },
)
