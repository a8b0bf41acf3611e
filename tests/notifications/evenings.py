"""Bookings that are worth a mail."""

from datetime import datetime
from uuid import UUID

from bigcat_graphql import booking, database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import tell_within
from bigcat_graphql.models import Account, Booking, Concert
from bigcat_graphql.payments.events import RefundSucceeded
from tests.booking.verbs import book, pay
from tests.scenes import make_buyer


async def buy(concert: Concert, *seats: int, buyer: Viewer | None = None) -> tuple[Viewer, Booking]:
    """Book and, unless they are free of charge, pay seats; who buys is somebody new by default."""
    viewer = buyer or await make_buyer()
    made = await book(viewer, concert, *(seats or (0,)))
    if made.total_minor:
        made = await pay(viewer, made)
    return viewer, made


async def rename(viewer: Viewer, name: str, *, email: str | None = None) -> None:
    """Give an account a name that no form would take."""
    await Account.filter(id=viewer.account_id).update(name=name)
    if email:
        await Account.filter(id=viewer.account_id).update(email=email, email_folded=email)


async def codes_of(made: Booking) -> set[str]:
    tickets = (await booking.tickets_of([BookingKey.of(made)]))[BookingKey.of(made)]
    return {await booking.code_of(ticket) for ticket in tickets}


async def move(concert: Concert, starts_at: datetime) -> None:
    await Concert.filter(id=concert.id).update(starts_at=starts_at)


async def give_back(made: Booking, refund_id: UUID) -> None:
    """Tell that a refund has succeeded, as payments does in the transaction that notes it."""
    happening = RefundSucceeded(made.concert_id, made.id, refund_id)
    await database.run_transaction(lambda: tell_within([happening]))
