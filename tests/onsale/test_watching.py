"""Watching a sale queue: one head of the line for all, and one's own place when it changes."""

from collections.abc import AsyncIterator

import pytest

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import Concert, QueueEntryStatus, QueuePhase
from bigcat_graphql.onsale import end_queue, hold_place, hold_queue, join_queue, leave_queue
from bigcat_graphql.onsale.presence import present_at, tell_presence
from bigcat_graphql.onsale.turns import take_turn
from bigcat_graphql.onsale.watching import QueueSight, look
from bigcat_graphql.settings import override_settings
from tests.onsale.queues import (
    join_all,
    make_queue,
    open_sale,
    pass_seconds,
    place_of,
)
from tests.scenes import make_buyer, make_concert

WAITING, ADMITTED = QueueEntryStatus.WAITING, QueueEntryStatus.ADMITTED


@pytest.fixture(autouse=True)
async def _no_beacon(database: object) -> AsyncIterator[None]:  # noqa: ARG001 - it is emptied after
    with override_settings(
        beacon_url="off", queue_admitted_max=1, queue_joins_per_second=1_000_000
    ):
        yield


class Tab:
    """What one of a viewer's tabs was told of the place."""

    def __init__(self) -> None:
        self.sights: list[QueueSight] = []
        self.is_over = False

    def end(self) -> None:
        self.is_over = True

    @property
    def statuses(self) -> list[QueueEntryStatus | None]:
        return [sight.entry.status if sight.entry else None for sight in self.sights]


async def test_a_place_is_told_when_it_changes_and_not_in_between() -> None:
    concert = await make_queue()
    ada, ben = await join_all(concert, 2)
    first, second = Tab(), Tab()
    async with hold_place(concert.id, ada) as place, hold_place(concert.id, ada) as again:
        assert again is place
        place.attach(first.sights.append, first.end)
        detach = place.attach(second.sights.append, second.end)
        await open_sale(concert)
        await take_turn()
        assert len(first.sights) == 1  # the rank, and with it perhaps that it is let in
        detach()
        detach()
        await leave_queue(ada, concert_id=concert.id)
        assert first.statuses[-1] is QueueEntryStatus.LEFT
        assert len(second.sights) == 1
        assert first.sights[-1].queue.phase is QueuePhase.OPEN
        await look()
        assert len(first.sights) == 2
    assert present_at(concert.id) == []
    assert (await place_of(concert, ben)).rank


async def test_being_let_in_by_another_node_is_told() -> None:
    concert = await make_queue()
    people = await join_all(concert, 2)
    await open_sale(concert)
    waiting = await first_waiting(concert, people)
    tab = Tab()
    async with hold_place(concert.id, waiting) as place:
        place.attach(tab.sights.append, tab.end)
        await database.execute(
            "UPDATE queue_entry SET status = 'ADMITTED', admitted_until = now() + interval '1 m',"
            " changed_at = now() WHERE concert_id = $1 AND account_id = $2",
            concert.id,
            waiting.account_id,
        )
        await look()
        await look()
        assert tab.statuses == [ADMITTED]


async def test_the_head_of_the_line_is_the_same_object_for_everybody_and_ends_with_the_queue() -> (
    None
):
    concert = await make_queue()
    await join_all(concert, 3)
    tabs = [Tab(), Tab()]
    async with hold_queue(concert.id) as queue:
        assert queue.first().queue.phase is QueuePhase.PREQUEUE
        for tab in tabs:
            queue.attach(tab.sights.append, tab.end)
        await open_sale(concert)
        assert tabs[0].sights[-1].queue.head_rank == 1
        assert all(a is b for a, b in zip(tabs[0].sights, tabs[1].sights, strict=True))
        assert tabs[0].sights[-1].entry is None
        await end_queue(concert.id)
        await look()
        assert [tab.is_over for tab in tabs] == [True, True]
        assert tabs[0].sights[-1].queue.phase is QueuePhase.CLOSED


async def test_watching_is_being_present() -> None:
    concert = await make_queue()
    people = await join_all(concert, 3)
    await open_sale(concert)
    waiting = await first_waiting(concert, people)
    await pass_seconds(concert, 200)
    async with hold_place(concert.id, waiting):
        assert list(present_at(concert.id)) == [waiting.account_id]
        await tell_presence()
        await take_turn()
    assert (await place_of(concert, waiting)).status is ADMITTED


async def test_a_queue_that_is_not_there_cannot_be_watched() -> None:
    concert, ada = await make_concert(), await make_buyer()
    with pytest.raises(InvalidArgument):
        async with hold_queue(concert.id):
            pass
    with pytest.raises(InvalidArgument):
        async with hold_place(concert.id, ada):
            pass


async def first_admitted(concert: Concert, people: list[Viewer]) -> Viewer:
    for person in people:
        if (await place_of(concert, person)).status is ADMITTED:
            return person
    raise AssertionError("nobody was let in")


async def first_waiting(concert: Concert, people: list[Viewer]) -> Viewer:
    for person in people:
        if (await place_of(concert, person)).status is WAITING:
            return person
    raise AssertionError("everybody was let in")


async def test_who_hangs_up_is_passed_over_at_once_and_next_when_back() -> None:
    concert = await make_queue()
    people = await join_all(concert, 3)
    await open_sale(concert)
    inside = await first_admitted(concert, people)
    ranks = {person: (await place_of(concert, person)).rank or 0 for person in people}
    line = sorted(set(people) - {inside}, key=ranks.__getitem__)
    async with hold_place(concert.id, line[0]):
        pass
    await leave_queue(inside, concert_id=concert.id)
    await pass_seconds(concert, 1)
    await take_turn()
    assert [(await place_of(concert, p)).status for p in line] == [WAITING, ADMITTED]
    await leave_queue(line[1], concert_id=concert.id)
    await join_queue(line[0], concert_id=concert.id, nonce=None)
    await pass_seconds(concert, 1)
    await take_turn()
    assert (await place_of(concert, line[0])).status is ADMITTED
