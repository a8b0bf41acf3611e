from uuid import uuid4

import pytest

from bigcat_graphql import booking, database
from bigcat_graphql.booking import ChosenSeats, GeneralAdmission
from bigcat_graphql.booking.idempotency import FORGET_KEYS, Intent
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import Booking, BookingStatus
from tests.booking.verbs import book, cancel, pay, places, states
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


async def test_a_repeat_answers_the_same_booking_as_it_is_now() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    first = await book(buyer, concert, 0, key="k")
    await cancel(buyer, first)

    again = await book(buyer, concert, 0, key="k")

    assert again.id == first.id
    assert again.status_now is BookingStatus.CANCELLED
    assert await states(concert) == "A" * 10


async def test_a_repeat_of_a_refusal_is_the_same_refusal() -> None:
    concert, buyer, other = await make_concert(), await make_buyer(), await make_buyer()
    taken = await book(other, concert, 0)
    with pytest.raises(booking.SeatsUnavailable) as first:
        await book(buyer, concert, 0, 1, key="k")
    await cancel(other, taken)

    with pytest.raises(booking.SeatsUnavailable) as again:
        await book(buyer, concert, 0, 1, key="k")

    assert again.value.__dict__ == first.value.__dict__
    assert await states(concert) == "A" * 10


async def test_another_request_under_the_same_key_is_a_conflict() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, key="k")

    with pytest.raises(booking.IdempotencyConflict) as conflict:
        await book(buyer, concert, 1, key="k")

    assert conflict.value.first_used_at == made.created_at
    assert await states(concert) == "RAAAAAAAAA"


async def test_a_key_belongs_to_an_account_and_a_mutation() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0, key="k")

    other = await book(await make_buyer(), concert, 1, key="k")
    await pay(buyer, made, key="k")

    assert other.id != made.id


@pytest.mark.parametrize("key", ["", "x" * 65, "line\nfeed", "\x00"])
async def test_a_key_is_up_to_64_printable_characters(key: str) -> None:
    concert, buyer = await make_concert(), await make_buyer()

    with pytest.raises(InvalidInput) as refusal:
        await booking.book_seats(
            buyer, concert_id=concert.id, selection=ChosenSeats(1, (0,)), idempotency_key=key
        )

    assert refusal.value.path == ("input", "idempotencyKey")


async def test_seats_and_places_of_the_same_numbers_are_different_requests() -> None:
    account_id = uuid4()

    one = Intent(account_id, "bookSeats", "k", (ChosenSeats(1, (1,)),))
    other = Intent(account_id, "bookSeats", "k", (GeneralAdmission("1", 1),))

    assert one.request_hash != other.request_hash


async def test_a_failure_midway_leaves_nothing_behind() -> None:
    concert, buyer = await make_concert(rows=1, floor=1, ticket_limit=4), await make_buyer()
    await database.execute(
        "ALTER TABLE ticket ADD CONSTRAINT test_no_tickets CHECK (price_minor < 0) NOT VALID"
    )
    try:
        free = await make_concert(price_minor=0)
        with pytest.raises(Exception, match="test_no_tickets"):
            await book(buyer, free, 0, key="k")
    finally:
        await database.execute("ALTER TABLE ticket DROP CONSTRAINT test_no_tickets")

    assert await states(free) == "A" * 10
    assert await Booking.filter(account_id=buyer.account_id).count() == 0
    # Nor is the key used up: the same intent works once the cause is gone.
    assert (await book(buyer, free, 0, key="k")).status_now is BookingStatus.CONFIRMED
    await book(buyer, concert, places(1))


async def test_keys_are_forgotten_after_48_hours() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await book(buyer, concert, 0, key="old")
    await book(buyer, concert, 1, key="young")
    await database.execute(
        "UPDATE idempotency_key SET created_at = now() - interval '49 hours' WHERE key = 'old'"
    )

    await database.execute(FORGET_KEYS, 100)

    rows = await database.fetch_all("SELECT key FROM idempotency_key")
    assert [row["key"] for row in rows] == ["young"]
