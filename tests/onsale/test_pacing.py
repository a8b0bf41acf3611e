"""What a queue keeps of its line, and what those who wait are told from it."""

from collections.abc import AsyncIterator

import pytest

from bigcat_graphql import database
from bigcat_graphql.models import Concert, QueueEntryStatus
from bigcat_graphql.onsale import (
    counting,
    end_queue,
    hold_place,
    join_queue,
    leave_queue,
    wait_of,
)
from bigcat_graphql.onsale.forecast import Pace
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

ADMITTED, WAITING = QueueEntryStatus.ADMITTED, QueueEntryStatus.WAITING


@pytest.fixture(autouse=True)
async def _no_beacon(database: object) -> AsyncIterator[None]:  # noqa: ARG001 - it is emptied after
    with override_settings(
        beacon_url="off", queue_joins_per_second=1_000_000, queue_admissions_per_second=2
    ):
        yield


async def pace_of(concert: Concert) -> Pace:
    pace = (await state_of(concert)).pace
    assert pace
    return pace


async def take_turn_after(concert: Concert, seconds: float) -> None:
    await pass_seconds(concert, seconds)
    await take_turn()


async def test_who_leaves_from_inside_has_ended_a_session() -> None:
    concert = await make_queue()
    people = await join_all(concert, 4)
    await open_sale(concert)
    inside = [p for p in people if (await place_of(concert, p)).status is ADMITTED]
    assert len(inside) == 2
    await leave_queue(inside[0], concert_id=concert.id)
    with override_settings(queue_admitted_max=1):
        await take_turn_after(concert, 10)
        await take_turn_after(concert, 10)
    pace = await pace_of(concert)
    assert (pace.crowd.sessions_ended, pace.crowd.admitted) == (1, 1)
    assert 30 <= pace.session_seconds < 35  # two for ten seconds, then one


async def test_the_wait_is_told_as_long_as_there_is_room_and_not_beyond() -> None:
    concert = await make_queue()
    await join_all(concert, 12)
    with override_settings(queue_admitted_max=6):
        await open_sale(concert)
        state = await state_of(concert)
        assert state.head_rank == 2
        assert [wait_of(rank, state) for rank in (2, 4, 6)] == [0, 1, 2]
        assert wait_of(7, state) is None  # nobody can know when those inside will go
        await end_queue(concert.id)
        assert wait_of(4, await state_of(concert)) is None


async def test_nothing_is_told_before_the_line_moves() -> None:
    concert = await make_queue()
    await join_all(concert, 3)
    await pass_opening(concert)
    late = await join_queue(await make_buyer(), concert_id=concert.id, nonce=None)
    assert late.status is WAITING
    assert late.rank
    assert wait_of(late.rank, await state_of(concert)) is None


async def test_those_who_hang_up_and_those_who_are_not_there_are_told_apart() -> None:
    concert = await make_queue()
    people = await join_all(concert, 12)
    await open_sale(concert)
    waiting = [p for p in people if (await place_of(concert, p)).status is WAITING]
    async with hold_place(concert.id, waiting[0]):
        pass
    await tell_absence()
    await take_turn_after(concert, 1)
    hung_up = await state_of(concert)
    assert hung_up.pace
    assert hung_up.pace.leaving_per_minute > 0
    assert hung_up.line.present_share == 1

    await database.execute(
        "UPDATE queue_entry SET seen_at = now() - interval '2 minutes'"
        " WHERE concert_id = $1 AND status = 'WAITING'",
        concert.id,
    )
    await take_turn_after(concert, 1)
    gone = await state_of(concert)
    assert gone.pace
    assert gone.pace.leaving_per_minute <= hung_up.pace.leaving_per_minute
    assert gone.line.present_share < 1
    assert gone.waiting_count == 0


async def test_those_of_the_draw_and_those_who_came_late_are_counted_by_themselves() -> None:
    concert = await make_queue()
    await join_all(concert, 5)
    await open_sale(concert)
    for _ in range(3):
        await join_queue(await make_buyer(), concert_id=concert.id, nonce=None)
    with override_settings(queue_admitted_max=1):
        await take_turn_after(concert, 1)
    line = (await state_of(concert)).line
    assert (line.head_rank, line.drawn_rank, line.last_rank) == (2, 5, 8)
    assert (line.waiting_drawn, line.waiting_late) == (3, 3)


async def test_a_long_line_is_counted_every_ten_seconds_and_followed_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "_LONG", 3)
    concert = await make_queue()
    people = await join_all(concert, 12)
    await open_sale(concert)
    assert (await state_of(concert)).waiting_count == 10
    waiting = [p for p in people if (await place_of(concert, p)).status is WAITING]
    await leave_queue(waiting[-1], concert_id=concert.id)
    await take_turn_after(concert, 1)
    in_between = await state_of(concert)
    assert (in_between.waiting_count, in_between.line.waiting_drawn) == (8, 8)
    await take_turn_after(concert, 10)
    counted = await state_of(concert)
    assert counted.line.waiting_drawn == counted.waiting_count < 7
    assert counted.pace
    assert counted.pace.leaving_per_minute > 0
