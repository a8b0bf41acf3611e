"""Keys that sign tickets: one for all processes, kept for good."""

import asyncio

import pytest

from bigcat_graphql import booking, database
from bigcat_graphql.booking import BookingKey, ticket_keys
from bigcat_graphql.booking.ticket_codes import read_code
from bigcat_graphql.models import Ticket
from tests.booking.verbs import book
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def no_keys_of_before() -> None:
    ticket_keys.forget_keys()


async def _ticket() -> Ticket:
    made = await book(await make_buyer(), await make_concert(price_minor=0), 0)
    key = BookingKey.of(made)
    return (await booking.tickets_of([key]))[key][0]


async def test_a_ticket_has_the_same_code_after_a_restart() -> None:
    ticket = await _ticket()
    before = await booking.code_of(ticket)

    ticket_keys.forget_keys()

    assert await booking.code_of(ticket) == before


async def test_processes_that_start_at_once_make_one_key() -> None:
    async def start() -> str:
        return (await booking.public_key_set())["keys"][0]["x"]

    assert len(set(await asyncio.gather(*[start() for _ in range(20)]))) == 1
    row = await database.fetch_one("SELECT count(*) AS count FROM ticket_key")
    assert row is not None
    assert row["count"] == 1


async def test_a_next_key_signs_and_the_old_codes_stay_good() -> None:
    ticket = await _ticket()
    old = read_code(await booking.code_of(ticket))
    assert await booking.make_next_key() == 2

    new = read_code(await booking.code_of(ticket))

    assert old is not None
    assert new is not None
    assert (old.key_number, new.key_number) == (1, 2)
    for code in (old, new):
        key = await ticket_keys.find_public_key(code)
        assert key is not None
        assert code.is_signed(key, ticket.concert_id)
    assert [key["kid"] for key in (await booking.public_key_set())["keys"]] == ["2", "1"]


async def test_a_process_that_has_not_heard_of_a_key_finds_it() -> None:
    ticket = await _ticket()
    await booking.make_next_key()
    code = read_code(await booking.code_of(ticket))
    assert code is not None
    del ticket_keys._known[2]

    assert await ticket_keys.find_public_key(code) is not None


async def test_a_number_that_no_key_has_is_not_found() -> None:
    ticket = await _ticket()
    code = read_code(await booking.code_of(ticket))
    assert code is not None
    await database.execute("UPDATE ticket_key SET number = 7")
    ticket_keys.forget_keys()

    assert await ticket_keys.find_public_key(code) is None
