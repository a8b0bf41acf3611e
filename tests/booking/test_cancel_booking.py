from uuid import UUID, uuid4

import pytest

from bigcat_graphql import booking, database, payments
from bigcat_graphql.accounts import Viewer, read_email
from bigcat_graphql.booking import BookingKey, BookingName, GuestReference
from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.ids import print_reference
from bigcat_graphql.models import (
    AccountRole,
    Booking,
    BookingStatus,
    Payment,
    PaymentStatus,
    Ticket,
    TicketStatus,
)
from tests.booking.verbs import book, cancel, let_time_pass, pay, states
from tests.scenes import make_account, make_admin, make_buyer, make_concert, make_organizer, view_as

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def money_goes_back() -> None:
    payments.take_part()


async def cancel_by(
    viewer: Viewer | None, name: BookingName, *, tickets: list[UUID] | None = None
) -> Booking:
    cancellation = await booking.cancel_booking(
        viewer, name=name, ticket_ids=tickets, idempotency_key=uuid4().hex
    )
    await payments.settle_open_payments(3600)
    return cancellation.booking


async def tickets_of(made: Booking) -> list[Ticket]:
    key = BookingKey.of(made)
    return (await booking.tickets_of([key]))[key]


async def test_a_pending_booking_gives_its_seats_back() -> None:
    concert, buyer = await make_concert(), await make_buyer()

    gone = await cancel(buyer, await book(buyer, concert, 0, 1))

    assert gone.status_now is BookingStatus.CANCELLED
    assert gone.cancellable_until is None
    assert await states(concert) == "A" * 10


async def test_a_confirmed_booking_gives_seats_tickets_and_money_back() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await book(buyer, concert, 0, 1))

    await cancel_by(buyer, BookingKey.of(paid))

    assert await states(concert) == "A" * 10
    assert {ticket.status for ticket in await tickets_of(paid)} == {TicketStatus.CANCELLED}
    payment = await Payment.get(booking_id=paid.id)
    assert (payment.status, payment.refunded_minor) == (PaymentStatus.REFUNDED, 13_000)


async def test_one_ticket_of_two_goes_back_and_the_other_stays() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await book(buyer, concert, 0, 1))
    first, second = await tickets_of(paid)

    left = await cancel_by(buyer, BookingKey.of(paid), tickets=[first.id])

    assert left.status_now is BookingStatus.CONFIRMED
    assert left.version > paid.version
    assert await states(concert) == "ABAAAAAAAA"
    payment = await Payment.get(booking_id=paid.id)
    assert (payment.status, payment.refunded_minor) == (PaymentStatus.PARTIALLY_REFUNDED, 6500)

    over = await cancel_by(buyer, BookingKey.of(paid), tickets=[second.id])
    assert over.status_now is BookingStatus.CANCELLED
    assert (await Payment.get(booking_id=paid.id)).status is PaymentStatus.REFUNDED


async def test_a_freed_seat_can_be_sold_again() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await cancel(buyer, await pay(buyer, await book(buyer, concert, 0)))

    again = await pay(buyer, await book(buyer, concert, 0))

    assert again.status_now is BookingStatus.CONFIRMED


async def test_somebody_elses_booking_is_not_found() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    elsewhere = await make_organizer(await make_concert())

    for stranger in (await make_buyer(), elsewhere, None):
        with pytest.raises(NotFound):
            await cancel_by(stranger, BookingKey.of(made))
    with pytest.raises(NotFound):
        await cancel_by(buyer, BookingKey(concert.id, uuid4()))
    assert await states(concert) == "RAAAAAAAAA"


async def test_organizer_and_admin_may_cancel() -> None:
    concert, buyer = await make_concert(), await make_buyer()

    for staff in (await make_organizer(concert), await make_admin()):
        gone = await cancel_by(staff, BookingKey.of(await book(buyer, concert, 0)))
        assert gone.status_now is BookingStatus.CANCELLED


async def test_a_guest_may_write_the_mail_as_mail_servers_do() -> None:
    concert = await make_concert()
    guest = await make_account(AccountRole.GUEST, email=read_email("grace@xn--bcher-kva.org"))
    made = await book(view_as(guest), concert, 0)

    with pytest.raises(NotFound):
        await cancel_by(None, GuestReference(made.reference, "no address"))
    gone = await cancel_by(None, GuestReference(made.reference, "grace@xn--bcher-kva.org"))

    assert gone.status_now is BookingStatus.CANCELLED


async def test_a_guest_cancels_by_reference_and_mail_from_any_device() -> None:
    concert = await make_concert()
    guest = await make_account(AccountRole.GUEST, email="Grace@example.org")
    made = await book(view_as(guest), concert, 0)
    printed = print_reference(made.reference).lower()

    with pytest.raises(NotFound):
        await cancel_by(None, GuestReference(printed, "mallory@example.org"))
    with pytest.raises(NotFound):
        await cancel_by(None, GuestReference("ÅÅÅÅ", "grace@example.org"))
    gone = await cancel_by(None, GuestReference(printed, " grace@EXAMPLE.org"))

    assert gone.status_now is BookingStatus.CANCELLED


async def test_what_is_over_cannot_be_cancelled() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    gone = await cancel(buyer, await book(buyer, concert, 0))
    lapsed = await book(buyer, concert, 1)
    await let_time_pass(lapsed)

    for made, status in ((gone, BookingStatus.CANCELLED), (lapsed, BookingStatus.EXPIRED)):
        with pytest.raises(booking.WrongBookingState) as refusal:
            await cancel(buyer, made)
        assert refusal.value.status is status


async def test_a_used_ticket_is_not_cancelled_and_is_named() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await book(buyer, concert, 0, 1))
    used, other = await tickets_of(paid)
    await Ticket.filter(id=used.id).update(status=TicketStatus.CHECKED_IN, checked_in_at=utc_now())

    with pytest.raises(booking.CancellationNotAllowed) as refusal:
        await cancel(buyer, paid)
    assert refusal.value.ticket_ids == (used.id,)

    await cancel_by(buyer, BookingKey.of(paid), tickets=[other.id])
    assert await states(concert) == "BAAAAAAAAA"


async def test_after_the_start_only_the_organizer_cancels() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    organizer = await make_organizer(concert)
    paid = await pay(buyer, await book(buyer, concert, 0))
    await database.execute(
        "UPDATE concert SET starts_at = now() - interval '1 minute' WHERE id = $1", concert.id
    )

    with pytest.raises(booking.CancellationNotAllowed) as refusal:
        await cancel(buyer, paid)

    assert refusal.value.deadline is not None
    assert (await cancel(organizer, paid)).status_now is BookingStatus.CANCELLED


async def test_tickets_are_named_and_are_the_bookings_own() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    other = await pay(buyer, await book(buyer, concert, 1))
    foreign = (await tickets_of(other))[0].id

    with pytest.raises(InvalidInput):
        await cancel_by(buyer, BookingKey.of(made), tickets=[])
    paid = await pay(buyer, made)
    with pytest.raises(InvalidInput):
        await cancel_by(buyer, BookingKey.of(paid), tickets=[])
    with pytest.raises(NotFound) as refusal:
        await cancel_by(buyer, BookingKey.of(paid), tickets=[foreign])
    assert refusal.value.path == ("input", "ticketIds")


async def test_a_ticket_cancelled_twice_under_new_keys_is_not_found() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await book(buyer, concert, 0, 1))
    first = (await tickets_of(paid))[0].id
    await cancel_by(buyer, BookingKey.of(paid), tickets=[first])

    with pytest.raises(NotFound):
        await cancel_by(buyer, BookingKey.of(paid), tickets=[first])

    assert (await Payment.get(booking_id=paid.id)).refunded_minor == 6500


async def test_money_that_cannot_go_back_keeps_the_tickets() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    paid = await pay(buyer, await book(buyer, concert, 0))
    await Payment.filter(booking_id=paid.id).update(status=PaymentStatus.FAILED)

    with pytest.raises(LookupError):
        await cancel(buyer, paid)

    assert await states(concert) == "BAAAAAAAAA"
    assert (await tickets_of(paid))[0].status is TicketStatus.ISSUED
