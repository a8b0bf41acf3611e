"""A sale queue from lobby to seats: one place an account, drawn, let in by rank, and moving on."""

import asyncio
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import ChosenSeats, book_seats, change_seats
from bigcat_graphql.booking.gate import put_up
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import DomainError, InvalidInput, NotFound, Unauthenticated
from bigcat_graphql.models import Concert, ConcertStatus, QueueEntryStatus, QueuePhase
from bigcat_graphql.onsale import (
    AdmissionRequired,
    Missing,
    WrongConcertState,
    announce_queue,
    draw_document,
    end_queue,
    find_draw,
    find_entry,
    is_admission,
    join_queue,
    leave_queue,
    sign_admission,
    take_part,
)
from bigcat_graphql.onsale.drawing import close_due_lobbies, draw_due_queues
from bigcat_graphql.onsale.places import take_places
from bigcat_graphql.onsale.presence import tell_presence
from bigcat_graphql.onsale.record import find_faults, read_record
from bigcat_graphql.onsale.turns import take_turn
from bigcat_graphql.settings import override_settings
from tests.onsale.queues import (
    join_all,
    make_queue,
    open_sale,
    pass_opening,
    pass_seconds,
    places_of,
    presence_of,
    ranks_of,
    state_of,
)
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database", "gate")

DONE, LEFT, EXPIRED = QueueEntryStatus.DONE, QueueEntryStatus.LEFT, QueueEntryStatus.EXPIRED
WAITING, ADMITTED = QueueEntryStatus.WAITING, QueueEntryStatus.ADMITTED
PREQUEUE = QueueEntryStatus.PREQUEUE


@pytest.fixture
def gate() -> Iterator[None]:
    async def nobody(_: object) -> dict[tuple[UUID, UUID], DomainError]:
        return {}

    take_part()
    with override_settings(beacon_url="off", queue_joins_per_second=1_000_000):
        yield
    put_up(nobody)


async def book(viewer: Viewer, concert: Concert, *indexes: int) -> BookingKey:
    booking = await book_seats(
        viewer,
        concert_id=concert.id,
        selection=ChosenSeats(1, indexes),
        idempotency_key=uuid4().hex,
    )
    return BookingKey.of(booking)


async def test_an_account_has_one_place_however_often_it_joins() -> None:
    concert, ada = await make_queue(), await make_buyer()
    entries = await asyncio.gather(
        *(join_queue(ada, concert_id=concert.id, nonce=f"tab {n}") for n in range(15))
    )
    assert len({entry.id for entry in entries}) == 1
    assert {entry.status for entry in entries} == {PREQUEUE}
    assert entries[0].rank is None


async def test_whoever_leaves_the_lobby_is_not_drawn_unless_they_come_back() -> None:
    concert = await make_queue()
    ada, ben, cem = await join_all(concert, 3)
    before = await find_entry(ada, concert_id=concert.id)
    left = await leave_queue(ada, concert_id=concert.id)
    await leave_queue(ben, concert_id=concert.id)
    assert (await leave_queue(ben, concert_id=concert.id)).status is LEFT
    back = await join_queue(ada, concert_id=concert.id, nonce=None)
    assert before
    assert (left.status, back.status, back.id) == (LEFT, PREQUEUE, before.id)

    await open_sale(concert)
    places = await places_of(concert, [ada, ben, cem])
    assert {places[0].rank, places[2].rank} == {1, 2}
    assert (places[1].status, places[1].rank) == (LEFT, None)


async def test_the_draw_ranks_everybody_present_and_its_record_can_be_checked() -> None:
    concert = await make_queue()
    people = await join_all(concert, 40)
    before = await find_draw(concert.id)
    assert before
    assert (before.seed, before.entries_root, before.drawn_at) == (None, None, None)
    assert await draw_document(before.sale_id.hex) is None
    await open_sale(concert)

    assert (await state_of(concert)).phase is QueuePhase.OPEN
    places = await places_of(concert, people)
    assert sorted(ranks_of(places)) == list(range(1, 41))
    document = await draw_document(before.sale_id.hex)
    assert document
    record = read_record(document)
    assert find_faults(record) == []
    assert record.commitment == before.commitment
    assert [record.rank_of(place.id.hex) for place in places] == list(ranks_of(places))


async def test_who_joins_late_stands_behind_everybody_in_the_order_of_joining() -> None:
    concert = await make_queue()
    await join_all(concert, 5)
    await pass_opening(concert)
    await take_turn()
    assert (await state_of(concert)).phase is QueuePhase.DRAWING
    while_drawing = await join_all(concert, 2)
    await open_sale(concert)
    later = await join_all(concert, 2)
    assert list(ranks_of(await places_of(concert, [*while_drawing, *later]))) == [6, 7, 8, 9]
    again = await join_queue(while_drawing[0], concert_id=concert.id, nonce=None)
    assert again.rank == 6


async def test_many_who_join_an_open_queue_at_once_get_ranks_without_gap_or_twin() -> None:
    concert = await make_queue()
    await open_sale(concert)
    people = [await make_buyer() for _ in range(60)]
    await asyncio.gather(
        *(join_queue(one, concert_id=concert.id, nonce=None) for one in people * 3)
    )
    assert sorted(ranks_of(await places_of(concert, people))) == list(range(1, 61))


async def test_nobody_joins_the_lobby_once_the_draw_has_closed_it(rival: Connection) -> None:
    # A batch that began before the closing and would commit after it would not be in the draw.
    concert, late = await make_queue(), await make_buyer()
    early = await join_all(concert, 3)
    await pass_opening(concert)
    closing = rival.transaction()
    await closing.start()
    await rival.execute(
        "SELECT FROM sale_queue WHERE concert_id = $1 FOR NO KEY UPDATE", concert.id
    )
    joining = asyncio.create_task(join_queue(late, concert_id=concert.id, nonce=None))
    await asyncio.sleep(0.2)
    assert not joining.done()
    await rival.execute(
        "UPDATE sale_queue SET lobby_closed_at = now(), entries_root = '', entry_count = 3,"
        " next_rank = 4 WHERE concert_id = $1",
        concert.id,
    )
    await closing.commit()
    entry = await joining
    assert (entry.status, entry.rank) == (WAITING, 4)
    assert all(place.rank is None for place in await places_of(concert, early))


async def test_admission_is_by_rank_and_paced_by_the_seats_left() -> None:
    # 20 seats: few enough that all of them are in play at 2.2 tickets and every second buyer.
    concert = await make_queue(rows=4, seats_per_row=5)
    people = await join_all(concert, 40)
    await open_sale(concert)
    places = await places_of(concert, people)
    let_in = sorted(ranks_of([place for place in places if place.status is ADMITTED]))
    assert let_in == list(range(1, 20))  # 20 / (2.2 * 0.5), rounded up
    state = await state_of(concert)
    assert (state.head_rank, state.waiting_count) == (19, 21)


async def test_only_who_is_let_in_books_and_by_no_path_anybody_else() -> None:
    concert = await make_queue()
    people = await join_all(concert, 30)
    with override_settings(queue_admitted_max=5):
        await open_sale(concert)
    places = await places_of(concert, people)
    inside = [p for p, place in zip(people, places, strict=True) if place.status is ADMITTED]
    outside = [p for p, place in zip(people, places, strict=True) if place.status is WAITING]
    stranger = await make_buyer()
    assert (len(inside), len(outside)) == (5, 25)

    key = await book(inside[0], concert, 0, 1)
    for somebody in (outside[0], stranger):
        with pytest.raises(AdmissionRequired) as refused:
            await book(somebody, concert, 2)
        assert refused.value.missing is Missing.ADMISSION
    await database.execute(
        "UPDATE queue_entry SET status = 'EXPIRED' WHERE concert_id = $1 AND account_id = $2",
        concert.id,
        inside[0].account_id,
    )
    with pytest.raises(AdmissionRequired):
        await change_seats(
            inside[0],
            key=key,
            add=ChosenSeats(1, (3,)),
            remove_indexes=(),
            idempotency_key=uuid4().hex,
        )
    fewer = await change_seats(
        inside[0], key=key, add=None, remove_indexes=(1,), idempotency_key=uuid4().hex
    )
    assert fewer.seat_count == 1


async def test_a_refusal_is_not_kept_the_same_key_books_once_let_in() -> None:
    concert, ada = await make_queue(), await make_buyer()
    await open_sale(concert)
    selection = ChosenSeats(1, (0,))
    with pytest.raises(AdmissionRequired):
        await book_seats(ada, concert_id=concert.id, selection=selection, idempotency_key="k")
    await join_queue(ada, concert_id=concert.id, nonce=None)
    await pass_seconds(concert, 1)
    await take_turn()
    booked = await book_seats(ada, concert_id=concert.id, selection=selection, idempotency_key="k")
    assert booked.seat_count == 1


async def test_an_admission_is_good_for_one_account_one_concert_and_its_time() -> None:
    concert, other = await make_queue(), await make_queue()
    ada, ben = await join_all(concert, 2)
    assert sign_admission((await places_of(concert, [ada]))[0]) is None
    await open_sale(concert)
    place = (await places_of(concert, [ada]))[0]
    token = sign_admission(place)
    assert token
    assert is_admission(token, ada, concert_id=concert.id)
    assert not is_admission(token, ben, concert_id=concert.id)
    assert not is_admission(token, ada, concert_id=other.id)
    assert not is_admission(f"9{token}", ada, concert_id=concert.id)
    for forged in ("", ".", "1", "x.y", token[:-1], "9" * 200, "²." + token):
        assert not is_admission(forged, ada, concert_id=concert.id)
    with override_settings(secret_key="k" * 40):
        assert not is_admission(token, ada, concert_id=concert.id)


async def test_whoever_has_bought_gives_way_and_so_does_whose_time_is_over() -> None:
    concert = await make_queue(price_minor=0)
    people = await join_all(concert, 10)
    with override_settings(queue_admitted_max=2, queue_session_seconds=600):
        await open_sale(concert)
        first = [p for p in people if (await places_of(concert, [p]))[0].status is ADMITTED]
        await book(first[0], concert, 0)
        await pass_seconds(concert, 1)
        await take_turn()
        assert (await places_of(concert, first))[0].status is DONE
        assert (await state_of(concert)).head_rank == 3

        # The other has come, and lets the time pass.
        await database.execute(
            "UPDATE queue_entry SET claimed_at = now() WHERE concert_id = $1 AND account_id = $2",
            concert.id,
            first[1].account_id,
        )
        await pass_seconds(concert, 601)
        for person in people:
            await join_queue(person, concert_id=concert.id, nonce=None)
        await take_turn()
        assert (await places_of(concert, [first[1]]))[0].status is not ADMITTED


async def test_whoever_pays_just_now_may_finish_after_the_session() -> None:
    concert = await make_queue()
    (ada,) = await join_all(concert, 1)
    await open_sale(concert)
    await book(ada, concert, 0)
    await pass_seconds(concert, 601)
    await take_turn()
    assert (await places_of(concert, [ada]))[0].status is ADMITTED
    await database.execute(
        "UPDATE booking SET reserved_until = now() - interval '1 s' WHERE concert_id = $1",
        concert.id,
    )
    await pass_seconds(concert, 1)
    await take_turn()
    assert (await places_of(concert, [ada]))[0].status is EXPIRED


async def test_who_is_away_is_passed_over_keeps_the_rank_and_is_next_when_back() -> None:
    concert = await make_queue()
    people = await join_all(concert, 10)
    with override_settings(queue_admitted_max=1):
        await open_sale(concert)
        by_rank = dict(zip(ranks_of(await places_of(concert, people)), people, strict=True))
        await pass_seconds(concert, 200)  # nobody is seen for so long, and the first is lost
        with presence_of(concert.id, by_rank[5].account_id):
            await take_turn_with_presence()
        state = await state_of(concert)
        assert (await places_of(concert, [by_rank[5]]))[0].status is ADMITTED
        assert state.head_rank == 5

        back = await join_queue(by_rank[3], concert_id=concert.id, nonce=None)
        assert (back.rank, back.status) == (3, WAITING)
        await leave_queue(by_rank[5], concert_id=concert.id)
        await pass_seconds(concert, 1)
        await take_turn()
        assert (await places_of(concert, [by_rank[3]]))[0].status is ADMITTED
        assert (await state_of(concert)).head_rank == 5  # it never falls


async def take_turn_with_presence() -> None:
    await tell_presence()
    await take_turn()


async def test_any_number_of_nodes_may_take_turns_and_the_queue_moves_once_a_second() -> None:
    concert = await make_queue(rows=20, seats_per_row=20)
    await join_all(concert, 60)
    with override_settings(queue_admissions_per_second=2):
        await open_sale(concert)
        head = (await state_of(concert)).head_rank
        await asyncio.gather(*(take_turn() for _ in range(8)))
        assert (await state_of(concert)).head_rank == head
        await pass_seconds(concert, 1)
        await asyncio.gather(*(take_turn() for _ in range(8)))
        # 2 a second, and what more of a second has passed; not 8 times as many.
        assert 2 <= (await state_of(concert)).head_rank - head <= 3


async def test_a_queue_that_was_switched_off_asks_nobody_for_an_admission() -> None:
    concert, ada = await make_queue(), await make_buyer()
    await open_sale(concert)
    await end_queue(concert.id)
    assert (await state_of(concert)).phase is QueuePhase.CLOSED
    await book(ada, concert, 0)
    with pytest.raises(WrongConcertState):
        await join_queue(ada, concert_id=concert.id, nonce=None)


async def test_a_queue_stands_only_in_front_of_a_sale_that_has_not_begun() -> None:
    concert = await make_concert()
    with pytest.raises(WrongConcertState) as refused:
        await announce_queue(concert.id)
    assert refused.value.status is ConcertStatus.ON_SALE
    queued = await make_queue()
    assert await announce_queue(queued.id) == await announce_queue(queued.id)


async def test_joining_what_has_no_queue_or_is_not_there_is_refused() -> None:
    ada = await make_buyer()
    concert = await make_concert()
    with pytest.raises(WrongConcertState):
        await join_queue(ada, concert_id=concert.id, nonce=None)
    with pytest.raises(NotFound):
        await join_queue(ada, concert_id=uuid4(), nonce=None)
    with pytest.raises(NotFound):
        await leave_queue(ada, concert_id=concert.id)
    queued = await make_queue()
    for nonce in ("", "n" * 65):
        with pytest.raises(InvalidInput):
            await join_queue(ada, concert_id=queued.id, nonce=nonce)
    gone = Viewer(uuid4(), ada.role, ada.expires_at)
    with pytest.raises(Unauthenticated):
        await join_queue(gone, concert_id=queued.id, nonce=None)


async def test_nodes_that_take_people_into_line_at_once_give_nobody_the_same_rank() -> None:
    concert = await make_queue()
    await open_sale(concert)
    people = [await make_buyer() for _ in range(12)]
    # As if each came to a node of its own: past this process's one door.
    joined = await asyncio.gather(
        *(take_places(concert.id, {one.account_id: bytes(32)}) for one in people)
    )
    entries = [entry for entries in joined for entry in entries.values()]
    assert sorted(ranks_of(entries)) == list(range(1, 13))


async def test_one_of_many_nodes_closes_the_lobby_and_all_draw_the_same() -> None:
    concert = await make_queue()
    people = await join_all(concert, 5)
    await pass_opening(concert)
    assert sum(await asyncio.gather(*(close_due_lobbies() for _ in range(4)))) == 1
    await database.execute(
        "UPDATE sale_queue SET lobby_closed_at = lobby_closed_at - interval '5 seconds'"
    )
    assert sum(await asyncio.gather(*(draw_due_queues() for _ in range(4)))) >= 1
    assert sorted(ranks_of(await places_of(concert, people))) == [1, 2, 3, 4, 5]


async def test_who_leaves_while_it_is_drawn_stays_out_and_who_comes_back_stands_behind() -> None:
    concert = await make_queue()
    ada, ben, cem = await join_all(concert, 3)
    await pass_opening(concert)
    await take_turn()
    await leave_queue(ada, concert_id=concert.id)
    await leave_queue(ben, concert_id=concert.id)
    await join_queue(ben, concert_id=concert.id, nonce=None)
    await open_sale(concert)
    places = await places_of(concert, [ada, ben, cem])
    assert (places[0].status, places[0].rank) == (LEFT, None)
    assert places[1].rank == 4
    assert places[2].rank in {1, 2, 3}
