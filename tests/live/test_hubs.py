import asyncio
from uuid import UUID

import pytest

from bigcat_graphql.errors import Busy
from bigcat_graphql.live import Node
from bigcat_graphql.live.hub import Hub, open_hub
from bigcat_graphql.live.hubs import Hubs
from tests.booking.verbs import book
from tests.live.viewers import crowd, watching
from tests.scenes import make_buyer, make_concert

OPEN_HUB = "bigcat_graphql.live.hubs.open_hub"


async def until_empty(hubs: Hubs) -> None:
    async with asyncio.timeout(20):
        while len(hubs):
            await asyncio.sleep(0.01)


class TestShortMemory:
    @pytest.fixture
    def hubs(self) -> Hubs:
        return Hubs(keep_seconds=0.05, most_idle=2)

    async def test_a_hub_is_dropped_after_its_last_viewer(self, node: Node, hubs: Hubs) -> None:
        concert = await make_concert()
        async with watching(node, concert), watching(node, concert):
            await asyncio.sleep(0.1)
            assert len(hubs) == 1
        await until_empty(hubs)

    async def test_a_viewer_that_comes_back_in_time_finds_the_same_hub(
        self, node: Node, hubs: Hubs
    ) -> None:
        concert = await make_concert()
        async with watching(node, concert) as viewer:
            epoch = viewer.have and viewer.have.epoch
        async with watching(node, concert) as again:
            await asyncio.sleep(0.1)
            assert len(hubs) == 1
            assert again.have
            assert again.have.epoch == epoch

    async def test_queries_keep_no_more_hubs_than_allowed(self, node: Node, hubs: Hubs) -> None:
        for _ in range(4):
            await node.snapshot_of((await make_concert()).id)
        assert len(hubs) <= 2


async def test_all_who_come_at_once_share_one_reading(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = 0

    async def counted(concert_id: UUID) -> Hub:
        nonlocal opened
        opened += 1
        return await open_hub(concert_id)

    monkeypatch.setattr(OPEN_HUB, counted)
    concert = await make_concert()
    snapshots = await asyncio.gather(*[node.snapshot_of(concert.id) for _ in range(50)])
    assert opened == 1
    assert len({id(snapshot) for snapshot in snapshots}) == 1


async def test_a_change_that_commits_while_a_hub_opens_is_not_missed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, buyer = await make_concert(), await make_buyer()

    async def slow(concert_id: UUID) -> Hub:
        hub = await open_hub(concert_id)
        await book(buyer, concert, 5)  # the reading is done, the hub is not
        return hub

    monkeypatch.setattr(OPEN_HUB, slow)
    snapshot = await node.snapshot_of(concert.id)
    assert snapshot
    assert snapshot.statuses == "AAAAARAAAA"


async def test_one_who_leaves_while_a_hub_opens_does_not_end_it_for_others(node: Node) -> None:
    concert = await make_concert()
    leaving = asyncio.create_task(node.snapshot_of(concert.id))
    staying = asyncio.create_task(node.snapshot_of(concert.id))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying is not None


async def test_a_reading_that_fails_is_tried_again_next_time(
    node: Node, hubs: Hubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Busy

    concert = await make_concert()
    with monkeypatch.context() as patched:
        patched.setattr(OPEN_HUB, fail)
        with pytest.raises(Busy):
            await node.snapshot_of(concert.id)
    assert len(hubs) == 0
    assert await node.snapshot_of(concert.id) is not None


async def test_stopping_ends_all_streams_and_leaves_no_task(node: Node, hubs: Hubs) -> None:
    before = asyncio.all_tasks()
    concert = await make_concert()
    async with crowd(node, concert, 5) as viewers:
        await node.stop()
        for viewer in viewers:
            await viewer.until(lambda viewer: viewer.is_over)
    assert len(hubs) == 0
    assert asyncio.all_tasks() <= before


async def test_stopping_while_a_hub_opens_tells_those_who_wait(node: Node) -> None:
    concert = await make_concert()
    asking = asyncio.create_task(node.snapshot_of(concert.id))
    await asyncio.sleep(0)
    await node.stop()
    with pytest.raises(Busy):
        await asking


async def test_a_node_can_start_again(node: Node) -> None:
    await node.stop()
    await node.stop()
    node.start()
    with pytest.raises(RuntimeError, match="has been started"):
        node.start()
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        await book(await make_buyer(), concert, 0)
        await viewer.sees("R" + "A" * 9)
