"""What PostgreSQL itself refuses, whatever the code above it does."""

import pytest

from bigcat_graphql import database
from bigcat_graphql.models import Concert, Seat
from tests.booking.verbs import book, pay
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

# The names that migrations 0001 and 0002 promise; Tortoise is known to leave some out silently.
EXPECTED = {
    "account": {"guest", "locale", "role_known"},
    "booking": {
        "account_id_fkey",
        "concert_id_fkey",
        "deadline",
        "end",
        "end_reason_ended",
        "end_reason_known",
        "pkey",
        "seat_count_not_negative",
        "status_known",
        "total_not_negative",
    },
    "concert": {
        "limits",
        "price_whole",
        "refund_steps",
        "sale_window",
        "sale_window_whole",
        "source_whole",
        "status_known",
    },
    "payment": {"amount", "booking_fkey", "captured", "pkey", "status_known"},
    "refund": {
        "amount",
        "booking_fkey",
        "payment_fkey",
        "pkey",
        "reason_known",
        "status_known",
        "success",
    },
    "price_tier": {"price_not_negative", "seat_type_known"},
    "seat": {
        "booking_fkey",
        "concert_id_fkey",
        "deadline",
        "index_not_negative",
        "owner",
        "pkey",
        "price",
        "price_not_negative",
        "status_known",
    },
    "seating_plan": {"counts"},
    "email_code": {"tries"},
    "ticket": {
        "admission",
        "booking_fkey",
        "end",
        "kept",
        "pkey",
        "price_not_negative",
        "status_known",
    },
    "ticket_key": {"length"},
    "venue": {"latitude_range", "longitude_range", "position_whole"},
}
UNIQUE = {
    "account_email",
    "booking_reference",
    "concert_source",
    "payment_one_live",
    "refund_of_lost_seats",
    "seating_plan_content",
    "ticket_one_a_seat",
    "venue_folded",
}


async def test_every_promised_constraint_is_there() -> None:
    rows = await database.fetch_all("SELECT conname FROM pg_constraint")
    found = {row["conname"] for row in rows}

    promised = {f"{table}_{name}" for table, names in EXPECTED.items() for name in names}

    assert promised - found == set()


async def test_every_promised_unique_index_is_there() -> None:
    rows = await database.fetch_all(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indisunique AND i.indisvalid"
    )

    assert UNIQUE - {row["relname"] for row in rows} == set()


async def test_concert_id_leads_the_keys_of_what_belongs_to_a_concert() -> None:
    rows = await database.fetch_all(
        "SELECT conrelid::regclass::text AS name, pg_get_constraintdef(oid) AS key"
        " FROM pg_constraint WHERE contype = 'p'"
    )
    keys = {row["name"]: row["key"] for row in rows}

    for table in ("seat", "booking", "ticket", "payment"):
        assert keys[table].startswith("PRIMARY KEY (concert_id, ")


async def test_idempotency_keys_have_their_name_for_a_key_and_no_index_to_spare() -> None:
    rows = await database.fetch_all(
        "SELECT pg_get_indexdef(indexrelid) AS text FROM pg_index"
        " WHERE indrelid = 'idempotency_key'::regclass"
    )

    assert sorted(row["text"].partition(" USING ")[2] for row in rows) == [
        "btree (account_id, mutation, key)",
        "btree (created_at)",
    ]


async def sold_seat() -> tuple[Concert, Seat]:
    concert, buyer = await make_concert(), await make_buyer()
    await pay(buyer, await book(buyer, concert, 0))
    return concert, await Seat.get(concert_id=concert.id, index=0)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("booking_id = NULL", "seat_owner"),
        ("status = 'A'", "seat_owner"),
        ("status = 'R'", "seat_deadline"),
        ("reserved_until = now()", "seat_deadline"),
        ("price_minor = NULL", "seat_price"),
        ("price_minor = -1", "seat_price_not_negative"),
        ("status = 'S'", "seat_"),
        ("booking_id = gen_random_uuid()", "seat_booking_fkey"),
    ],
)
async def test_a_seats_columns_must_fit_together(change: str, guard: str) -> None:
    concert, _ = await sold_seat()

    with pytest.raises(Exception, match=guard):
        await database.execute(
            f"UPDATE seat SET {change} WHERE concert_id = $1 AND index = 0", concert.id
        )


async def test_a_seat_never_has_two_active_tickets() -> None:
    concert, seat = await sold_seat()

    with pytest.raises(Exception, match="ticket_one_a_seat"):
        await database.execute(
            "INSERT INTO ticket (id, concert_id, booking_id, seat_index, status, code,"
            " price_minor, currency, issued_at)"
            " VALUES (gen_random_uuid(), $1, $2, 0, 'ISSUED', 'another', 0, 'USD', now())",
            concert.id,
            seat.booking_id,
        )


async def test_a_seat_cannot_belong_to_a_booking_of_another_concert() -> None:
    concert, _ = await sold_seat()
    _, elsewhere = await sold_seat()

    with pytest.raises(Exception, match="seat_booking_fkey"):
        await database.execute(
            "UPDATE seat SET booking_id = $2 WHERE concert_id = $1 AND index = 0",
            concert.id,
            elsewhere.booking_id,
        )


async def test_a_seats_row_is_neither_saved_nor_deleted_by_the_orm() -> None:
    _, seat = await sold_seat()

    with pytest.raises(TypeError):
        await seat.save()
    with pytest.raises(TypeError):
        await seat.delete()
