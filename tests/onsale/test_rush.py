"""A sale queue in a rush: many join at once, people come and go, and hostile words."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigcat_graphql import database
from bigcat_graphql.accounts import RateLimited, Viewer
from bigcat_graphql.booking.gate import put_up
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import DomainError, InvalidInput
from bigcat_graphql.models import QueueEntryStatus, QueuePhase
from bigcat_graphql.onsale import (
    AdmissionRequired,
    Presale,
    add_codes,
    hold_place,
    is_admission,
    join_queue,
    leave_queue,
    set_presale,
    show_code,
    take_part,
)
from bigcat_graphql.onsale.admitting import move_queues
from bigcat_graphql.onsale.drawing import close_due_lobbies
from bigcat_graphql.onsale.places import take_places
from bigcat_graphql.onsale.presence import tell_absence
from bigcat_graphql.onsale.turns import take_turn
from bigcat_graphql.settings import override_settings
from tests.onsale.queues import (
    join_all,
    make_queue,
    open_sale,
    pass_opening,
    pass_seconds,
    place_of,
    state_of,
)
from tests.scenes import make_buyer
from tests.waiting import until_waiting

pytestmark = pytest.mark.usefixtures("gate")

WAITING, ADMITTED = QueueEntryStatus.WAITING, QueueEntryStatus.ADMITTED


@pytest.fixture
def gate(database: object) -> Iterator[None]:  # noqa: ARG001 - it is emptied after
    async def nobody(_: object) -> dict[tuple[UUID, UUID], DomainError]:
        return {}

    take_part()
    with override_settings(beacon_url="off", queue_joins_per_second=1_000_000):
        yield
    put_up(nobody)


async def test_the_lobby_is_closed_though_others_join_just_now(rival: Connection) -> None:
    concert = await make_queue()
    await join_all(concert, 2)
    await pass_opening(concert)
    async with rival.transaction():
        # As a batch of another node does that began before the opening.
        await rival.execute("SELECT FROM sale_queue WHERE concert_id = $1 FOR SHARE", concert.id)
        closing = asyncio.create_task(close_due_lobbies())
        await until_waiting(rival)
    assert await closing == 1


async def test_who_comes_after_the_opening_stands_in_line_though_no_turn_was_taken_yet() -> None:
    concert = await make_queue()
    early = await join_all(concert, 3)
    await pass_opening(concert)
    late = await make_buyer()
    entry = await join_queue(late, concert_id=concert.id, nonce=None)
    assert (entry.status, entry.rank) == (WAITING, 4)
    assert (await state_of(concert)).phase is QueuePhase.DRAWING
    assert (await join_queue(early[0], concert_id=concert.id, nonce=None)).rank is None
    assert await close_due_lobbies() == 0


async def test_the_line_moves_though_others_join_just_now(rival: Connection) -> None:
    concert = await make_queue()
    people = await join_all(concert, 2)
    with override_settings(queue_admitted_max=1):
        await open_sale(concert)
        (inside,) = [p for p in people if (await place_of(concert, p)).status is ADMITTED]
        await leave_queue(inside, concert_id=concert.id)
        await pass_seconds(concert, 1)
        async with rival.transaction():
            await rival.execute(
                "SELECT FROM sale_queue WHERE concert_id = $1 FOR NO KEY UPDATE", concert.id
            )
            moving = asyncio.create_task(move_queues())
            await until_waiting(rival)
        assert await moving == 1


async def test_a_queue_that_cannot_move_does_not_hold_up_the_others() -> None:
    stuck, other = await make_queue(), await make_queue()
    for concert in (stuck, other):
        await join_all(concert, 1)
        await open_sale(concert)
        await database.execute(
            "UPDATE queue_entry SET status = 'WAITING' WHERE concert_id = $1", concert.id
        )
    await pass_seconds(other, 1)
    await pass_seconds(stuck, 1)
    await database.execute(
        "UPDATE queue_entry SET rank = 2000000000 WHERE concert_id = $1", stuck.id
    )  # beyond the counter: its check fails
    assert await move_queues() == 1
    assert (await state_of(other)).head_rank == 1


async def test_who_hung_up_in_the_lobby_and_joins_again_is_there_when_drawn() -> None:
    concert = await make_queue()
    (ada,) = await join_all(concert, 1)
    async with hold_place(concert.id, ada):
        pass
    await tell_absence()
    assert (await place_of(concert, ada)).is_away
    await join_queue(ada, concert_id=concert.id, nonce=None)
    await open_sale(concert)
    assert (await place_of(concert, ada)).status is ADMITTED


async def test_joining_again_and_again_tells_nobody_anything() -> None:
    concert = await make_queue()
    (ada,) = await join_all(concert, 1)
    before = await place_of(concert, ada)
    again = await join_queue(ada, concert_id=concert.id, nonce=None)
    assert again.changed_at == before.changed_at
    assert again.seen_at > before.seen_at


async def test_a_place_that_changes_while_it_is_looked_up_is_told_of(rival: Connection) -> None:
    concert = await make_queue()
    (ada,) = await join_all(concert, 1)
    async with rival.transaction():
        await rival.execute("LOCK TABLE queue_entry IN ACCESS EXCLUSIVE MODE")
        holding = hold_place(concert.id, ada)
        entering = asyncio.create_task(holding.__aenter__())
        await until_waiting(rival)
        await rival.execute(
            "UPDATE queue_entry SET status = 'LEFT' WHERE concert_id = $1", concert.id
        )
    place = await entering
    assert place.entry
    assert place.entry.status is QueueEntryStatus.LEFT
    await holding.__aexit__(None, None, None)


async def test_an_offer_of_the_waiting_list_keeps_no_session_open() -> None:
    concert = await make_queue()
    (ada,) = await join_all(concert, 1)
    await open_sale(concert)
    await database.execute(
        "INSERT INTO booking (id, concert_id, account_id, reference, status, version, total_minor,"
        " currency, seat_count, created_at, reserved_until, is_offer)"
        " VALUES (gen_random_uuid(), $1, $2, 'OFFER', 'PENDING', 1, 1, 'USD', 1, now(),"
        " now() + interval '12 hours', true)",
        concert.id,
        ada.account_id,
    )
    # She has come, and is here: only the time is over.
    await pass_seconds(concert, 601)
    await database.execute("UPDATE queue_entry SET claimed_at = now(), seen_at = now()")
    await take_turn()
    assert (await place_of(concert, ada)).status is QueueEntryStatus.EXPIRED


async def test_codes_cannot_be_tried_one_after_the_other() -> None:
    concert, ada = await make_queue(), await make_buyer()
    await set_presale(
        concert.id, Presale(needs_verified_email=False, until=utc_now() + timedelta(hours=1))
    )
    await add_codes(concert.id, ["0042"], uses=1)
    found = []
    for number in range(43):
        with suppress(AdmissionRequired, RateLimited):
            await show_code(ada, concert_id=concert.id, code=f"{number:04}")
            found.append(number)
    assert not found  # the right one was not got at
    with pytest.raises(RateLimited):
        await show_code(ada, concert_id=concert.id, code="0042")


async def test_joining_and_leaving_at_once_ends_as_one_of_both() -> None:
    concert = await make_queue()
    await open_sale(concert)
    people = [await make_buyer() for _ in range(8)]

    async def come_and_go(person: Viewer) -> None:
        for _ in range(4):
            await asyncio.gather(
                take_places(concert.id, {person.account_id: bytes(32)}),
                leave_queue(person, concert_id=concert.id),
                return_exceptions=True,
            )

    await asyncio.gather(take_turn(), *(come_and_go(person) for person in people))
    places = [await place_of(concert, person) for person in people]
    ranks = [place.rank for place in places]
    assert len(set(ranks)) == len(ranks)


_TEXT = st.text(st.characters(), max_size=80)  # halves of letters too


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(text=_TEXT)
async def test_whatever_is_said_at_the_door_is_answered(text: str) -> None:
    concert, ada = await make_queue(), await make_buyer()
    try:
        entry = await join_queue(ada, concert_id=concert.id, nonce=text)
        assert entry.status is QueueEntryStatus.PREQUEUE
    except InvalidInput:
        assert not 1 <= len(text) <= 64 or not text.isprintable()
    with pytest.raises(AdmissionRequired):
        await show_code(ada, concert_id=concert.id, code=text)
    assert not is_admission(text, ada, concert_id=concert.id)
    assert not is_admission(f"9.{text}", ada, concert_id=concert.id)


async def test_half_a_letter_is_no_nonce() -> None:
    concert, ada = await make_queue(), await make_buyer()
    with pytest.raises(InvalidInput):
        await join_queue(ada, concert_id=concert.id, nonce="\ud800")
