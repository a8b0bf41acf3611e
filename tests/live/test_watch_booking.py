import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from bigcat_graphql import booking, jobs, payments
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, BookingName
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import Busy, InvalidArgument
from bigcat_graphql.ids import new_id
from bigcat_graphql.live import Node
from bigcat_graphql.models import Booking, BookingStatus, Refund
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, pay
from tests.live.viewers import PATIENCE_SECONDS
from tests.scenes import make_buyer, make_concert, make_organizer


async def following(bookings: AsyncIterator[Booking]) -> tuple[int, BookingStatus]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        seen = await anext(bookings)
    return seen.version, seen.status_now


async def test_a_booking_is_shown_now_and_after_each_change(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made))) as bookings:
        first = await following(bookings)
        assert first == (made.version, BookingStatus.PENDING)
        await pay(buyer, made)
        paid = await following(bookings)
        assert paid[1] is BookingStatus.CONFIRMED
        await cancel(buyer, made)
        assert (await following(bookings))[1] is BookingStatus.CANCELLED
        assert paid[0] > first[0]


async def test_money_that_has_gone_back_is_a_newer_version(node: Node) -> None:
    payments.take_part()
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made)
    ended = await cancel(buyer, made)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made), ended.version)) as bookings:
        waiting = asyncio.create_task(following(bookings))
        await jobs.run_due()
        assert (await waiting)[0] > ended.version
    assert [one.status for one in await Refund.filter(booking_id=made.id)] == ["SUCCEEDED"]


async def test_nothing_comes_until_there_is_a_newer_version(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made), made.version)) as bookings:
        waiting = asyncio.create_task(following(bookings))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await cancel(buyer, made)
        assert (await waiting)[1] is BookingStatus.CANCELLED


async def test_who_was_away_gets_the_newest_state_only(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made)
    await cancel(buyer, made)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made), made.version)) as bookings:
        assert (await following(bookings))[1] is BookingStatus.CANCELLED


async def test_time_that_is_over_is_told_before_the_sweeper_comes(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    with override_settings(reservation_seconds=2):
        made = await book(buyer, concert, 0)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made))) as bookings:
        assert (await following(bookings))[1] is BookingStatus.PENDING
        assert await following(bookings) == (made.version, BookingStatus.EXPIRED)
        await booking.sweep()
        assert await following(bookings) == (made.version + 1, BookingStatus.EXPIRED)


async def test_a_change_behind_our_back_is_found_by_comparing(
    node: Node, rival: Connection
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made))) as bookings:
        await following(bookings)
        waiting = asyncio.create_task(following(bookings))
        await rival.execute("UPDATE booking SET version = version + 1 WHERE id = $1", made.id)
        await asyncio.sleep(0)
        await node.compare()
        assert await waiting == (made.version + 1, BookingStatus.PENDING)


async def test_a_change_that_commits_while_reading_is_not_missed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)

    async def find_and_be_overtaken(viewer: Viewer | None, name: BookingName) -> Booking | None:
        found = await booking.find_booking(viewer, name)
        if found and found.status_now is BookingStatus.PENDING:
            await cancel(buyer, made)
        return found

    monkeypatch.setattr("bigcat_graphql.live.bookings.find_booking", find_and_be_overtaken)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made))) as bookings:
        assert (await following(bookings))[1] is BookingStatus.PENDING
        assert (await following(bookings))[1] is BookingStatus.CANCELLED


async def test_watching_goes_on_when_the_database_comes_back(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    monkeypatch.setattr("bigcat_graphql.live.bookings._RETRY_SECONDS", 0.05)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made))) as bookings:
        await following(bookings)
        with monkeypatch.context() as patched:
            patched.setattr("bigcat_graphql.live.bookings.find_booking", fail)
            waiting = asyncio.create_task(following(bookings))
            await cancel(buyer, made)
            await asyncio.sleep(0.1)
            assert not waiting.done()
        assert (await waiting)[1] is BookingStatus.CANCELLED


async def test_a_database_that_is_down_refuses_who_comes_new(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bigcat_graphql.live.bookings.find_booking", fail)
    with pytest.raises(Busy):
        await anext(node.watch_booking(await make_buyer(), BookingKey(new_id(), new_id())))


async def test_somebody_elses_booking_is_unknown(node: Node) -> None:
    concert = await make_concert()
    made = await book(await make_buyer(), concert, 0)
    for viewer in (await make_buyer(), None):
        await is_refused(node, viewer, BookingKey.of(made))


async def test_an_unknown_booking_is_refused_by_name(node: Node) -> None:
    await is_refused(node, await make_buyer(), BookingKey(new_id(), new_id()))


async def test_the_organizer_may_watch(node: Node) -> None:
    concert = await make_concert()
    made = await book(await make_buyer(), concert, 0)
    organizer = await make_organizer(concert)
    async with aclosing(node.watch_booking(organizer, BookingKey.of(made))) as bookings:
        assert (await following(bookings))[0] == made.version


async def test_stopping_ends_the_stream(node: Node) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    async with aclosing(node.watch_booking(buyer, BookingKey.of(made))) as bookings:
        await following(bookings)
        waiting = asyncio.create_task(following(bookings))
        await asyncio.sleep(0.05)
        await node.stop()
        with pytest.raises(StopAsyncIteration):
            await waiting


async def fail(*_: object) -> None:
    raise Busy


async def is_refused(node: Node, viewer: Viewer | None, key: BookingKey) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await anext(node.watch_booking(viewer, key))
    assert refusal.value.argument == "bookingId"
