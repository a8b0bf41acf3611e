"""The verbs as tests call them: short, with a new key for each intent."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from bigcat_graphql import booking, database, payments
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, ChosenSeats, GeneralAdmission, Selection
from bigcat_graphql.models import Booking, Concert


async def book(
    viewer: Viewer, concert: Concert, *wanted: int | Selection, key: str | None = None
) -> Booking:
    """Book seats by index, or one selection."""
    selection = wanted[0] if wanted and not isinstance(wanted[0], int) else _chosen(*wanted)
    return await booking.book_seats(
        viewer, concert_id=concert.id, selection=selection, idempotency_key=key or uuid4().hex
    )


def places(quantity: int, area: str = "floor") -> GeneralAdmission:
    return GeneralAdmission(area, quantity)


async def pay(
    viewer: Viewer, made: Booking, method: str = "approve", *, key: str | None = None
) -> Booking:
    paid = await payments.pay_booking(
        viewer,
        key=BookingKey.of(made),
        provider="test",
        payment_method=method,
        idempotency_key=key or uuid4().hex,
    )
    return paid.booking


async def cancel(
    viewer: Viewer,
    made: Booking,
    *,
    tickets: Sequence[UUID] | None = None,
    key: str | None = None,
) -> Booking:
    cancellation = await booking.cancel_booking(
        viewer,
        name=BookingKey.of(made),
        ticket_ids=tickets,
        idempotency_key=key or uuid4().hex,
    )
    return cancellation.booking


async def change(
    viewer: Viewer,
    made: Booking,
    *,
    add: Selection | None = None,
    remove: Sequence[int] = (),
    key: str | None = None,
) -> Booking:
    return await booking.change_seats(
        viewer,
        key=BookingKey.of(made),
        add=add,
        remove_indexes=remove,
        idempotency_key=key or uuid4().hex,
    )


async def extend(viewer: Viewer, made: Booking) -> Booking:
    return await booking.extend_booking(
        viewer, key=BookingKey.of(made), idempotency_key=uuid4().hex
    )


async def states(concert: Concert) -> str:
    """Read the letters of a concert's seats as the table has them."""
    rows = await database.fetch_all(
        "SELECT status FROM seat WHERE concert_id = $1 ORDER BY index", concert.id
    )
    return "".join(row["status"] for row in rows)


async def let_time_pass(made: Booking) -> None:
    """Move a PENDING booking's time into the past, as waiting would."""
    for table, column in (("booking", "id"), ("seat", "booking_id")):
        await database.execute(
            f"UPDATE {table} SET reserved_until = now() - interval '1 second'"
            f" WHERE concert_id = $1 AND {column} = $2 AND reserved_until IS NOT NULL",
            made.concert_id,
            made.id,
        )


async def make_older(made: Booking, minutes: int) -> None:
    """Move a booking into the past, as it were made so long ago and kept as long as it would be."""
    for table, column in (("booking", "id"), ("seat", "booking_id")):
        await database.execute(
            f"UPDATE {table} SET reserved_until = reserved_until - make_interval(mins => $3)"
            f" WHERE concert_id = $1 AND {column} = $2 AND reserved_until IS NOT NULL",
            made.concert_id,
            made.id,
            minutes,
        )
    await database.execute(
        "UPDATE booking SET created_at = created_at - make_interval(mins => $3),"
        " ended_at = ended_at - make_interval(mins => $3) WHERE concert_id = $1 AND id = $2",
        made.concert_id,
        made.id,
        minutes,
    )


def _chosen(*indexes: int | Selection) -> ChosenSeats:
    return ChosenSeats(1, tuple(index for index in indexes if isinstance(index, int)))
