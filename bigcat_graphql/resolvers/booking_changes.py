"""Taking seats, changing, paying and giving them back."""

from typing import Annotated
from uuid import UUID

import strawberry

from bigcat_graphql import booking, onsale, payments
from bigcat_graphql.booking import BookingKey, GuestReference
from bigcat_graphql.errors import NotFound
from bigcat_graphql.resolvers.answers import NEEDED, mutation, signed_in
from bigcat_graphql.schema.booking_filters import read_booking_key, read_tickets
from bigcat_graphql.schema.booking_payloads import (
    BookSeatsPayload,
    CancelBookingPayload,
    ChangeSeatsPayload,
    ExtendBookingPayload,
    PayBookingPayload,
)
from bigcat_graphql.schema.bookings import Booking
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.ids import own_id, read_key
from bigcat_graphql.schema.paging import given
from bigcat_graphql.schema.payments import Refund
from bigcat_graphql.schema.selections import (
    BookSeatsInput,
    CancelBookingInput,
    ChangeSeatsInput,
    ExtendBookingInput,
    PayBookingInput,
)


@strawberry.type
class BookingMutations:
    """What a buyer does."""

    @mutation(
        BookSeatsPayload,
        "Take seats, all of them or none: a PENDING booking for 10 minutes, or a CONFIRMED one"
        " when it is free of charge.",
    )
    async def book_seats(
        self, info: Info, input: Annotated[BookSeatsInput, NEEDED]
    ) -> BookSeatsPayload | None:
        """Book."""
        viewer, concert_id = signed_in(info), _read_concert(input.concert_id)
        onsale.check_admission(viewer, concert_id=concert_id, admission=given(input.admission))
        if code := given(input.access_code):
            await onsale.show_code(viewer, concert_id=concert_id, code=code)
        row = await booking.book_seats(
            viewer,
            concert_id=concert_id,
            selection=input.selection.read(("input", "selection")),
            idempotency_key=input.idempotency_key,
        )
        return BookSeatsPayload(booking=Booking.of(row, to_owner=True))

    @mutation(
        ChangeSeatsPayload,
        "Add and remove seats of a PENDING booking in one all-or-nothing step; its time does not"
        " change.",
    )
    async def change_seats(
        self, info: Info, input: Annotated[ChangeSeatsInput, NEEDED]
    ) -> ChangeSeatsPayload | None:
        """Change."""
        row = await booking.change_seats(
            signed_in(info),
            key=_read_booking(input.booking_id),
            add=input.add.read(("input", "add")) if input.add else None,
            remove_indexes=input.remove_indexes,
            idempotency_key=input.idempotency_key,
        )
        return ChangeSeatsPayload(booking=Booking.of(row, to_owner=True))

    @mutation(
        ExtendBookingPayload,
        "Keep the seats of a PENDING booking 10 minutes from now, never more than 30 from when it"
        " was made.",
    )
    async def extend_booking(
        self, info: Info, input: Annotated[ExtendBookingInput, NEEDED]
    ) -> ExtendBookingPayload | None:
        """Extend."""
        row = await booking.extend_booking(
            signed_in(info),
            key=_read_booking(input.booking_id),
            idempotency_key=input.idempotency_key,
        )
        return ExtendBookingPayload(booking=Booking.of(row, to_owner=True))

    @mutation(
        PayBookingPayload,
        "Pay a PENDING booking; it answers CONFIRMED, or a payment that needs action or is still"
        " open: watch `bookingUpdated`.",
    )
    async def pay_booking(
        self, info: Info, input: Annotated[PayBookingInput, NEEDED]
    ) -> PayBookingPayload | None:
        """Pay."""
        paid = await payments.pay_booking(
            signed_in(info),
            key=_read_booking(input.booking_id),
            provider=given(input.provider),
            payment_method=given(input.payment_method),
            idempotency_key=input.idempotency_key,
        )
        info.context.loaders.remember_paid(paid)
        return PayBookingPayload(booking=Booking.of(paid.booking, to_owner=True))

    @mutation(
        CancelBookingPayload,
        "Give up a PENDING or CONFIRMED booking, or some of its tickets; the seats are free at"
        " once, money goes back by the policy it was booked under.",
    )
    async def cancel_booking(
        self, info: Info, input: Annotated[CancelBookingInput, NEEDED]
    ) -> CancelBookingPayload | None:
        """Cancel."""
        name = input.by.read()
        if name is None:
            raise NotFound(("input", "by", "reference" if input.by.reference else "id"))
        cancellation = await booking.cancel_booking(
            # By id it takes an account; a guest's reference and e-mail are proof enough.
            info.context.viewer if isinstance(name, GuestReference) else signed_in(info),
            name=name,
            ticket_ids=read_tickets(given(input.ticket_ids), ("input", "ticketIds")),
            idempotency_key=input.idempotency_key,
        )
        row = cancellation.booking
        proven = isinstance(name, GuestReference) or info.context.is_viewer(row.account_id)
        refund = await payments.refund_of(row.concert_id, cancellation.id)
        return CancelBookingPayload(
            booking=Booking.of(row, to_owner=proven), refund=Refund.of(refund) if refund else None
        )


def _read_concert(text: str) -> UUID:
    concert_id = own_id(read_key(text, "Concert"))
    if concert_id is None:
        raise NotFound(("input", "concertId"))
    return concert_id


def _read_booking(text: str) -> BookingKey:
    key = read_booking_key(text)
    if key is None:
        raise NotFound(("input", "bookingId"))
    return key
