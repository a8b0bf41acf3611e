"""Each invariant is broken by hand once, to see that it is noticed."""

import pytest

from bigcat_graphql import database
from bigcat_graphql.booking import invariants
from bigcat_graphql.models import Booking, Concert
from tests.booking.verbs import book, cancel, let_time_pass, pay
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

FREE = "status = 'A', booking_id = NULL, price_minor = NULL, reserved_until = NULL"


async def busy_concert() -> tuple[Concert, Booking, Booking]:
    """Make a concert with a PENDING, a CONFIRMED, a cancelled and a lapsed booking."""
    concert, buyer = await make_concert(), await make_buyer()
    pending = await book(buyer, concert, 0, 1)
    confirmed = await pay(buyer, await book(buyer, concert, 2, 3))
    await cancel(buyer, await book(buyer, concert, 4))
    await let_time_pass(await book(await make_buyer(), concert, 5))
    return concert, pending, confirmed


async def test_all_is_well_in_an_ordinary_evening() -> None:
    concert, _, _ = await busy_concert()

    assert await invariants.violations(concert.id) == {}
    assert await invariants.violations() == {}
    assert await invariants.long_lapsed_seats() == []


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        (f"UPDATE seat SET {FREE} WHERE index = 0", "half_bookings"),
        (f"UPDATE seat SET {FREE} WHERE index = 2", "half_bookings"),
        (f"UPDATE seat SET {FREE} WHERE index = 2", "tickets_without_seat"),
        ("DELETE FROM ticket WHERE seat_index = 3", "seats_without_one_ticket"),
        (
            "UPDATE booking SET status = 'CANCELLED', reserved_until = NULL, ended_at = now()",
            "seats_of_dead_bookings",
        ),
        ("DELETE FROM seat WHERE index = 9", "lost_seats"),
        ("UPDATE concert SET ticket_limit = 3, seats_per_booking = 3", "accounts_over_limit"),
        ("DELETE FROM payment", "unpaid_or_unserved"),
    ],
)
async def test_damage_is_noticed(damage: str, noticed: str) -> None:
    concert, _, _ = await busy_concert()

    await database.execute(damage)

    assert noticed in await invariants.violations(concert.id)


async def test_a_payment_kept_for_an_expired_booking_is_noticed() -> None:
    concert, _, confirmed = await busy_concert()

    await database.execute(f"UPDATE seat SET {FREE} WHERE booking_id = $1", confirmed.id)
    await database.execute(
        "UPDATE booking SET status = 'EXPIRED', ended_at = now() WHERE id = $1", confirmed.id
    )

    assert "unpaid_or_unserved" in await invariants.violations(concert.id)


async def test_a_seat_that_nobody_sweeps_is_noticed() -> None:
    await busy_concert()

    await database.execute(
        "UPDATE seat SET reserved_until = now() - interval '11 seconds' WHERE index = 5"
    )

    assert len(await invariants.long_lapsed_seats()) == 1
