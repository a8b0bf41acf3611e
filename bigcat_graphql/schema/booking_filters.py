"""How a client says which bookings."""

from collections.abc import Sequence
from uuid import UUID

import strawberry
from strawberry import UNSET

from bigcat_graphql import booking
from bigcat_graphql.booking import BookingKey, BookingName, GuestReference
from bigcat_graphql.errors import NotFound
from bigcat_graphql.models import BookingStatus
from bigcat_graphql.schema.describing import one_of, request
from bigcat_graphql.schema.ids import id_of_concert, own_id, read_key
from bigcat_graphql.schema.paging import given

# What is not an id of ours names no concert: nothing is found, as with an unknown id.
_NO_CONCERT = UUID(int=0)


@request
class BookingReferenceInput:
    """How a guest proves that a booking is theirs."""

    reference: str = strawberry.field(
        description="The printed reference; case, spaces and dashes do not matter."
    )
    email: str = strawberry.field(description="The e-mail it was booked with.")

    def read(self) -> GuestReference | None:
        """Read the proof; None when it has letters that no e-mail has and no table can hold."""
        return GuestReference(self.reference, self.email) if self.email.isprintable() else None


@one_of
class BookingBy:
    """Exactly one way to name a booking."""

    id: strawberry.ID | None = strawberry.field(
        description="Its id, for the account that owns it and for the organizer.", default=UNSET
    )
    reference: BookingReferenceInput | None = strawberry.field(
        description="Its reference and e-mail, for a guest on any device.", default=UNSET
    )

    def read(self) -> BookingName | None:
        """Read which booking is meant; None when there can be none of that name."""
        if self.reference:
            return self.reference.read()
        return read_booking_key(self.id) if self.id else None


@request
class BookingFilter:
    """Which bookings: all conditions given must hold."""

    status: list[BookingStatus] | None = strawberry.field(
        description="In one of these states.", default=UNSET
    )
    concert_id: strawberry.ID | None = strawberry.field(
        description="Of this concert.", default=UNSET
    )

    def read(self) -> booking.BookingFilter:
        """Read the conditions."""
        concert_id = None
        if self.concert_id:
            concert_id = own_id(read_key(self.concert_id, "Concert")) or _NO_CONCERT
        return booking.BookingFilter(given(self.status), concert_id)


def read_booking_key(text: str) -> BookingKey | None:
    """Read a booking's global id; None when it is not one."""
    parts = id_of_concert(read_key(text, "Booking"))
    return BookingKey(*parts) if parts else None


def read_tickets(ids: Sequence[str] | None, path: tuple[str, ...]) -> list[UUID] | None:
    """Read tickets' global ids; None stays None.

    Raises:
        NotFound: one of them is of no ticket; `path` and its place name it.
    """
    return (
        None if ids is None else [_read_ticket(text, (*path, str(n))) for n, text in enumerate(ids)]
    )


def _read_ticket(text: str, path: tuple[str, ...]) -> UUID:
    parts = id_of_concert(read_key(text, "Ticket"))
    if parts is None:
        raise NotFound(path)
    return parts[1]
