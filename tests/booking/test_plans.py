"""How PostgreSQL goes about the hot statements, whatever it believes of the tables."""

import pytest

from bigcat_graphql.booking.batch_statements import READ_SALES, RESERVE_MANY
from bigcat_graphql.booking.confirm import _CONFIRM
from bigcat_graphql.booking.expire import _EXPIRE_BOOKINGS
from bigcat_graphql.database import Connection

pytestmark = pytest.mark.usefixtures("database")


async def plan_of(session: Connection, statement: str, types: str, arguments: str) -> str:
    """Explain the plan that is kept, as verbs have it."""
    await session.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    await session.execute("SET LOCAL enable_seqscan = off")
    await session.execute(f"PREPARE hot ({types}) AS {statement}")
    rows = await session.fetch(f"EXPLAIN EXECUTE hot ({arguments})")
    await session.execute("DEALLOCATE hot")
    return "\n".join(row[0] for row in rows)


async def test_open_bookings_of_an_account_are_never_found_by_their_time(
    rival: Connection,
) -> None:
    transaction = rival.transaction()
    await transaction.start()
    # Without those that fit, nothing but reading all of the table is left.
    await rival.execute("DROP INDEX booking_pending, booking_by_account, booking_of_account")
    plan = await plan_of(rival, READ_SALES, "uuid[], uuid[]", "'{}', '{}'")
    await transaction.rollback()
    assert "booking_lapsing" not in plan


async def test_bookings_to_confirm_are_found_by_their_keys(rival: Connection) -> None:
    transaction = rival.transaction()
    await transaction.start()
    await rival.execute("ALTER TABLE booking DROP CONSTRAINT booking_pkey CASCADE")
    types, arguments = "uuid[], uuid[], uuid[], text[]", "'{}', '{}', '{}', '{}'"
    plan = await plan_of(rival, _CONFIRM, types, arguments)
    await transaction.rollback()
    assert "booking_lapsing" not in plan
    assert "booking_pending" not in plan


async def test_bookings_whose_time_is_over_are_found_by_it(rival: Connection) -> None:
    transaction = rival.transaction()
    await transaction.start()
    plan = await plan_of(rival, _EXPIRE_BOOKINGS, "int", "10")
    await transaction.rollback()
    assert "on booking_lapsing" in plan or "using booking_lapsing" in plan


@pytest.mark.parametrize(
    ("statement", "types", "arguments"),
    [
        (
            RESERVE_MANY,
            "uuid[], int[], uuid[], uuid[], uuid[], uuid[], text[], text[], int[], float8",
            "'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 600",
        ),
        (_CONFIRM, "uuid[], uuid[], uuid[], text[]", "'{}', '{}', '{}', '{}'"),
    ],
    ids=["reserve", "confirm"],
)
async def test_no_seat_goes_through_the_whole_batch(
    rival: Connection, statement: str, types: str, arguments: str
) -> None:
    transaction = rival.transaction()
    await transaction.start()
    plan = await plan_of(rival, statement, types, arguments)
    await transaction.rollback()
    # What has been written is not searched for: no estimate of it would be right.
    assert "CTE Scan on made" not in plan
    assert "CTE Scan on confirmed" not in plan
