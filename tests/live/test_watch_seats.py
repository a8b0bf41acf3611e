import asyncio
from contextlib import aclosing

import pytest

from bigcat_graphql import booking, database
from bigcat_graphql.catalogue.availability import SeatCounts
from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.ids import new_id
from bigcat_graphql.live import AreaCounts, Delta, Node, SeatVersion, Snapshot, pace
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, places, states
from tests.live.viewers import PATIENCE_SECONDS, watching
from tests.scenes import make_buyer, make_concert, make_venue


async def test_two_viewers_see_a_booking_and_its_cancellation(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    async with watching(node, concert) as one, watching(node, concert) as two:
        made = await book(buyer, concert, 3, 4)
        await one.sees("AAARRAAAAA")
        await two.sees("AAARRAAAAA")
        await cancel(buyer, made)
        await one.sees("A" * 10)
        await two.sees("A" * 10)
        assert [type(frame) for frame in one.frames] == [Snapshot, Delta, Delta]
        assert one.gaps == two.gaps == 0


async def test_an_expired_reservation_turns_free_without_a_sweeper(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    async with watching(node, concert) as viewer:
        with override_settings(reservation_seconds=2):
            await book(buyer, concert, 0)
        await viewer.sees("R" + "A" * 9)
        await viewer.sees("A" * 10)
        # The row still says RESERVED: time alone made the seat free.
        assert await states(concert) == "R" + "A" * 9


async def test_an_expired_seat_that_another_buyer_takes_is_reserved_again(node: Node) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        with override_settings(reservation_seconds=2):
            await book(await make_buyer(), concert, 0)
        await viewer.sees("R" + "A" * 9)
        await viewer.sees("A" * 10)
        await book(await make_buyer(), concert, 0)
        await viewer.sees("R" + "A" * 9)


async def test_the_sweeper_changes_nothing_that_viewers_see(node: Node) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        with override_settings(reservation_seconds=2):
            await book(await make_buyer(), concert, 0)
        await viewer.sees("R" + "A" * 9)
        await viewer.sees("A" * 10)
        seen = viewer.have
        assert seen is not None
        assert await booking.sweep() == 2
        await book(await make_buyer(), concert, 9)
        await viewer.sees("A" * 9 + "R")
        assert viewer.have == SeatVersion(seen.epoch, seen.version + 1)


async def test_floor_places_come_as_counts_of_their_area(node: Node) -> None:
    concert = await make_concert(rows=1, floor=200)
    async with watching(node, concert) as viewer:
        await book(await make_buyer(), concert, places(2))
        await viewer.until(lambda viewer: len(viewer.frames) == 2)
        delta = viewer.frames[1]
        assert isinstance(delta, Delta)
        assert (delta.indexes, delta.statuses) == ((), "")
        assert delta.areas == (AreaCounts("floor", SeatCounts(available=198, reserved=2)),)
        assert delta.counts == SeatCounts(available=203, reserved=2)


async def test_who_was_cut_off_gets_what_was_missed_as_one_delta(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    async with watching(node, concert) as viewer, watching(node, concert) as stayed:
        have = viewer.have
        for index, letters in ((1, "ARAAAAAAAA"), (2, "ARRAAAAAAA"), (3, "ARRRAAAAAA")):
            await book(buyer, concert, index)
            await stayed.sees(letters)
    async with watching(node, concert, have, letters="A" * 10) as resumed:
        assert [type(frame) for frame in resumed.frames] == [Delta]
        assert "".join(resumed.letters) == "ARRRAAAAAA"
        await book(buyer, concert, 4)
        await resumed.sees("ARRRRAAAAA")


async def test_who_missed_nothing_resumes_with_an_empty_delta(node: Node) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        have = viewer.have
    async with watching(node, concert, have, letters="A" * 10) as resumed:
        assert isinstance(resumed.frames[0], Delta)
        assert resumed.frames[0].indexes == ()
        assert resumed.have == have


async def test_a_forgotten_version_resumes_with_a_snapshot(node: Node) -> None:
    concert = await make_concert()
    async with watching(node, concert, SeatVersion("0" * 16, 7)) as resumed:
        assert isinstance(resumed.frames[0], Snapshot)


async def test_a_query_and_a_subscription_continue_each_other(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    snapshot = await node.snapshot_of(concert.id)
    assert snapshot is not None
    await book(buyer, concert, 0)
    async with watching(node, concert, snapshot.reached, letters=snapshot.statuses) as viewer:
        await viewer.sees("R" + "A" * 9)
        assert all(isinstance(frame, Delta) for frame in viewer.frames)


async def test_a_query_sees_its_own_booking_at_once(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    await node.snapshot_of(concert.id)
    for index in range(5):
        await book(buyer, concert, index)
        snapshot = await node.snapshot_of(concert.id)
        assert snapshot is not None
        assert snapshot.statuses == "R" * (index + 1) + "A" * (9 - index)


async def test_a_rush_is_told_in_few_frames(node: Node) -> None:
    concert = await make_concert(rows=4)
    async with watching(node, concert) as viewer:
        await asyncio.gather(*[book(await make_buyer(), concert, seat) for seat in range(20)])
        await viewer.sees("R" * 20)
        assert len(viewer.frames) < 20
        assert viewer.gaps == 0


async def test_nothing_goes_out_before_its_time_though_a_query_sees_it(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "SHORTEST_SECONDS", 3600.0)
    monkeypatch.setattr(pace, "LONGEST_SECONDS", 3600.0)
    concert, buyer = await make_concert(), await make_buyer()
    async with watching(node, concert) as viewer:
        with override_settings(reservation_seconds=2):
            await book(buyer, concert, 0)
        await viewer.sees("R" + "A" * 9)
        await book(buyer, concert, 1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (snapshot := await node.snapshot_of(concert.id)) is not None:
                if snapshot.statuses == "AR" + "A" * 8:
                    break
                await asyncio.sleep(0.05)
        assert len(viewer.frames) == 2


async def test_a_reader_that_is_too_slow_goes_on_from_a_snapshot(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "SHORTEST_SECONDS", 0.0)
    concert, buyer = await make_concert(), await make_buyer()
    async with aclosing(node.watch_seats(concert.id)) as slow, watching(node, concert) as quick:
        await anext(slow)
        for _ in range(11):
            made = await book(buyer, concert, 0)
            await quick.sees("R" + "A" * 9)
            await cancel(buyer, made)
            await quick.sees("A" * 10)
        assert len(quick.frames) == 23
        async with asyncio.timeout(PATIENCE_SECONDS):
            frame = await anext(slow)
        assert isinstance(frame, Snapshot)
        assert frame.reached == quick.have


async def test_an_unknown_concert_is_refused_by_name(node: Node) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await anext(node.watch_seats(new_id()))
    assert refusal.value.argument == "concertId"
    assert await node.snapshot_of(new_id()) is None


async def test_a_concert_without_seats_has_nothing_to_watch(node: Node) -> None:
    concert = await make_concert(rows=0)
    with pytest.raises(InvalidArgument):
        await anext(node.watch_seats(concert.id))
    assert await node.snapshot_of(concert.id) is None


async def test_a_draft_is_not_there_for_viewers(node: Node) -> None:
    concert = await make_concert(status=ConcertStatus.DRAFT)
    with pytest.raises(InvalidArgument):
        await anext(node.watch_seats(concert.id))


async def test_seats_in_any_physical_order_are_read_in_index_order(node: Node) -> None:
    concert = await make_concert(venue=await make_venue(), rows=2)
    for index in (7, 0, 3):
        await database.execute(
            "UPDATE seat SET status = 'X', version = index WHERE concert_id = $1 AND index = $2",
            concert.id,
            index,
        )
    snapshot = await node.snapshot_of(concert.id)
    assert snapshot is not None
    assert snapshot.statuses == "XAAXAAAXAA"


async def test_a_process_that_has_not_started_reads_the_database_each_time(
    database: DatabaseUrl,  # noqa: ARG001 - the node reads it
) -> None:
    concert, node = await make_concert(), Node()
    before = await node.snapshot_of(concert.id)
    await book(await make_buyer(), concert, 0)
    snapshot = await node.snapshot_of(concert.id)
    assert before is not None
    assert snapshot is not None
    assert (before.statuses, snapshot.statuses) == ("A" * 10, "R" + "A" * 9)
    with pytest.raises(RuntimeError, match="comes first"):
        await anext(node.watch_seats(concert.id))
