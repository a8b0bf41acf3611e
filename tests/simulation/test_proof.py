"""Each of the simulation's own checks is broken by hand once, to see that it is noticed."""

import pytest

from bigcat_graphql import database, payments
from bigcat_graphql.models import Booking, Concert
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.settings import override_settings
from bigcat_graphql.simulation import proof
from bigcat_graphql.simulation.ledger import Promise
from bigcat_graphql.simulation.nodes import RESERVATION_SECONDS
from bigcat_graphql.simulation.watch import CHECKS, Watch
from tests.booking.verbs import book, cancel, pay
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

LEFT_OPEN = """
UPDATE payment SET status = 'AUTHORIZED', refunded_minor = 0,
created_at = now() - interval '2 minutes'
"""


async def busy_concert() -> tuple[Concert, Booking, Booking]:
    """Make a concert with a PENDING, a CONFIRMED and a cancelled booking."""
    payments.take_part()
    concert, buyer = await make_concert(), await make_buyer()
    with override_settings(reservation_seconds=RESERVATION_SECONDS):
        pending = await book(buyer, concert, 0, 1)
        confirmed = await pay(buyer, await book(buyer, concert, 2, 3))
        await cancel(buyer, await pay(buyer, await book(buyer, concert, 4)))
    return concert, pending, confirmed


def promise(booking: Booking, *seats: int) -> dict[str, Promise]:
    name = write_id("Booking", booking.concert_id, booking.id)
    return {name: Promise(booking.version, booking.status_now.value, frozenset(seats))}


async def test_all_is_well_in_an_ordinary_evening() -> None:
    concert, pending, confirmed = await busy_concert()
    watch = Watch()

    await watch.look(None)
    await watch.look(concert.id)

    assert (watch.violations.total(), watch.looks) == (0, 2)
    promises = promise(pending, 0, 1) | promise(confirmed, 2, 3)
    assert await proof.broken_promises(promises) == []


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        ("DELETE FROM idempotency_key WHERE mutation = 'bookSeats'", "bookings_without_one_key"),
        ("UPDATE payment SET captured_minor = captured_minor - 1", "unbalanced_bookings"),
        ("DELETE FROM refund", "unbalanced_bookings"),
        ("UPDATE refund SET status = 'SUCCEEDED', succeeded_at = now()", "miscounted_refunds"),
        ("UPDATE payment SET look_at = NULL", "forgotten_refunds"),
        ("UPDATE payment SET look_at = NULL, status = 'CREATED'", "abandoned_payments"),
        ("UPDATE booking SET created_at = now() + interval '9 minutes'", "rows_of_another_time"),
        (LEFT_OPEN, "payments_left_open"),
        ("DELETE FROM seat WHERE index = 9", "lost_seats"),
    ],
)
async def test_damage_is_noticed(damage: str, noticed: str) -> None:
    concert, _, _ = await busy_concert()
    watch = Watch()

    await database.execute(damage)
    await watch.look(concert.id)

    assert watch.violations[noticed] > 0
    assert noticed in {check.__name__ for check in CHECKS}
    assert any(example.startswith(noticed) for example in watch.examples)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE seat SET booking_id = NULL, status = 'A', price_minor = NULL WHERE index = 2",
        "UPDATE booking SET status = 'EXPIRED', ended_at = now() WHERE status = 'CONFIRMED'",
        "DELETE FROM booking WHERE status = 'CONFIRMED'",
    ],
)
async def test_a_broken_promise_is_noticed(damage: str, rival: database.Connection) -> None:
    _, _, confirmed = await busy_concert()

    # Without foreign keys, as a database that lost what it had committed.
    await rival.execute(f"SET session_replication_role = replica; {damage}")

    assert len(await proof.broken_promises(promise(confirmed, 2, 3))) == 1
