"""The door: each ticket is let in once, wherever and however often it is scanned."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest

from bigcat_graphql import booking, database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import (
    BookingKey,
    CancellationNotAllowed,
    TicketNotAdmitted,
    ticket_keys,
)
from bigcat_graphql.booking.events import BookingChanged, Event, after_commit
from bigcat_graphql.booking.invariants import violations
from bigcat_graphql.booking.ticket_codes import write_code
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import NotFound
from bigcat_graphql.models import Booking, Concert, Ticket, TicketStatus
from tests.booking.verbs import book, cancel
from tests.scenes import make_admin, make_buyer, make_concert, make_organizer
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def no_keys_of_before() -> None:
    ticket_keys.forget_keys()


@dataclass(frozen=True, slots=True)
class Door:
    """A concert's door, and somebody in front of it with two tickets."""

    concert: Concert
    organizer: Viewer
    buyer: Viewer
    booking: Booking
    tickets: list[Ticket]
    code: str

    async def scan(self, code: str | None = None) -> Ticket:
        return await booking.check_in_ticket(
            self.organizer, concert_id=self.concert.id, code=code or self.code
        )


@pytest.fixture
async def door(database: object) -> Door:
    del database
    concert = await make_concert(price_minor=0)
    buyer = await make_buyer()
    made = await book(buyer, concert, 0, 1)
    tickets = (await booking.tickets_of([BookingKey.of(made)]))[BookingKey.of(made)]
    code = await booking.code_of(tickets[0])
    return Door(concert, await make_organizer(concert), buyer, made, tickets, code)


async def test_a_ticket_is_let_in_and_says_when(door: Door) -> None:
    ticket = await door.scan()

    assert (ticket.id, ticket.status) == (door.tickets[0].id, TicketStatus.CHECKED_IN)
    assert ticket.checked_in_at is not None
    assert not await violations()


async def test_the_second_scan_says_when_the_first_was(door: Door) -> None:
    first = await door.scan()

    with pytest.raises(TicketNotAdmitted) as refusal:
        await door.scan()

    assert refusal.value.code == "ALREADY_CHECKED_IN"
    assert refusal.value.checked_in_at == first.checked_in_at


async def test_of_fifty_scans_at_once_one_is_let_in(door: Door) -> None:
    async def scan() -> str:
        try:
            await door.scan()
        except TicketNotAdmitted as refusal:
            return refusal.code
        return "in"

    told = Counter(await asyncio.gather(*[scan() for _ in range(50)]))

    assert told == {"in": 1, "ALREADY_CHECKED_IN": 49}


async def test_a_scan_changes_its_booking_once_and_tells_who_watches(door: Door) -> None:
    before = (await booking.get_booking(BookingKey.of(door.booking))).version
    told: list[Event] = []
    end = after_commit(told.append)
    try:
        await door.scan()
        with pytest.raises(TicketNotAdmitted):
            await door.scan()
    finally:
        end()

    assert told == [BookingChanged(door.concert.id, door.booking.id, before + 1)]
    assert (await booking.get_booking(BookingKey.of(door.booking))).version == before + 1


async def test_a_cancelled_ticket_is_not_let_in(door: Door) -> None:
    await cancel(door.buyer, door.booking)

    with pytest.raises(TicketNotAdmitted) as refusal:
        await door.scan()

    assert (refusal.value.code, refusal.value.status) == (
        "WRONG_TICKET_STATE",
        TicketStatus.CANCELLED,
    )
    assert refusal.value.checked_in_at is None


async def test_a_used_ticket_is_cancelled_by_nobody(door: Door) -> None:
    await door.scan()

    for viewer in (door.buyer, door.organizer):
        with pytest.raises(CancellationNotAllowed) as refusal:
            await cancel(viewer, door.booking)
        assert refusal.value.ticket_ids == (door.tickets[0].id,)


async def test_a_scan_and_a_cancellation_at_once_agree_on_one(door: Door) -> None:
    async def scan() -> bool:
        try:
            await door.scan()
        except TicketNotAdmitted:
            return False
        return True

    async def give_back() -> bool:
        try:
            await cancel(door.buyer, door.booking)
        except CancellationNotAllowed:
            return False
        return True

    let_in, cancelled = await asyncio.gather(scan(), give_back())

    assert let_in is not cancelled
    assert not await violations()


async def test_a_scan_waits_for_a_cancellation_under_way(door: Door, rival: Connection) -> None:
    """It takes the booking's row first, as cancelling does, and not the ticket's."""
    transaction = rival.transaction()
    await transaction.start()
    await rival.execute("UPDATE booking SET version = version + 1 WHERE id = $1", door.booking.id)
    scanning = asyncio.create_task(door.scan())
    try:
        await until_waiting(rival)
        # NOWAIT: it fails if the scan has the ticket already, and the two would wait in a ring.
        await rival.execute(
            "SELECT FROM ticket WHERE booking_id = $1 FOR UPDATE NOWAIT", door.booking.id
        )
        await rival.execute(
            "UPDATE ticket SET status = 'CANCELLED', cancelled_at = now() WHERE booking_id = $1",
            door.booking.id,
        )
    finally:
        await transaction.commit()

    with pytest.raises(TicketNotAdmitted) as refusal:
        await scanning
    assert refusal.value.code == "WRONG_TICKET_STATE"


async def test_another_concerts_door_does_not_know_the_ticket(door: Door) -> None:
    other = await make_concert(price_minor=0)
    organizer = await make_organizer(other)

    with pytest.raises(NotFound) as refusal:
        await booking.check_in_ticket(organizer, concert_id=other.id, code=door.code)
    assert refusal.value.path == ("input", "code")


async def test_only_organizers_and_admins_stand_at_a_door(door: Door) -> None:
    for viewer in (door.buyer, await make_organizer(await make_concert())):
        with pytest.raises(NotFound) as refusal:
            await booking.check_in_ticket(viewer, concert_id=door.concert.id, code=door.code)
        assert refusal.value.path == ("input", "concertId")

    admin = await make_admin()
    ticket = await booking.check_in_ticket(admin, concert_id=door.concert.id, code=door.code)
    assert ticket.status is TicketStatus.CHECKED_IN


@pytest.mark.parametrize("code", ["", "A" * 152, "not a code", "\x00" * 152, "Ä" * 152])
async def test_what_is_no_code_is_not_found(door: Door, code: str) -> None:
    with pytest.raises(NotFound):
        await booking.check_in_ticket(door.organizer, concert_id=door.concert.id, code=code)


async def test_a_code_signed_by_somebody_else_is_not_found(door: Door) -> None:
    """Another database's key, of the same number: even the right secret does not help."""
    await database.execute("DELETE FROM ticket_key")
    ticket_keys.forget_keys()

    with pytest.raises(NotFound):
        await door.scan()


async def test_a_stolen_key_without_the_tickets_secret_opens_no_door(door: Door) -> None:
    forged = write_code(
        ticket_keys._known[1],
        key_number=1,
        concert_id=door.concert.id,
        ticket_id=door.tickets[0].id,
        secret="guessed",
    )

    with pytest.raises(NotFound):
        await door.scan(forged)


async def test_a_code_in_small_letters_with_blanks_is_let_in(door: Door) -> None:
    ticket = await door.scan(f" {door.code.lower()}\n")

    assert ticket.status is TicketStatus.CHECKED_IN


async def test_the_database_refuses_an_admission_without_its_time(door: Door) -> None:
    with pytest.raises(Exception, match="ticket_admission"):
        await database.execute(
            "UPDATE ticket SET status = 'CHECKED_IN' WHERE id = $1", door.tickets[0].id
        )
