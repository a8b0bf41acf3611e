from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from bigcat_graphql import database
from bigcat_graphql.booking import batch
from bigcat_graphql.booking.batch import Result
from bigcat_graphql.booking.wish import Wish
from bigcat_graphql.database import Connection
from bigcat_graphql.errors import OutcomeUnknown
from bigcat_graphql.live import Delta, Node, Snapshot
from bigcat_graphql.live.reading import SeatReading, read_seats
from bigcat_graphql.models import Concert
from tests.booking.verbs import book
from tests.live.viewers import crowd, watching
from tests.scenes import make_buyer, make_concert, make_plan, make_venue


async def block(connection: Connection, concert: Concert, index: int) -> None:
    """Change a seat as another program would, which tells nobody here."""
    await connection.execute(
        "UPDATE seat SET status = 'X', version = version + 1 WHERE concert_id = $1 AND index = $2",
        concert.id,
        index,
    )


async def test_a_change_behind_our_back_is_found(node: Node, rival: Connection) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        await block(rival, concert, 2)
        await node.compare()
        await viewer.sees("AAXAAAAAAA")
        assert isinstance(viewer.frames[1], Delta)


async def test_comparing_goes_on_by_itself(rival: Connection) -> None:
    concert, node = await make_concert(), Node(compare_seconds=0.05)
    node.start()
    async with watching(node, concert) as viewer:
        await block(rival, concert, 2)
        await viewer.sees("AAXAAAAAAA")
    await node.stop()


async def test_comparing_when_nothing_happened_makes_no_frame(node: Node) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        await node.compare()
        await book(await make_buyer(), concert, 0)
        await viewer.sees("R" + "A" * 9)
        assert len(viewer.frames) == 2


async def test_a_database_that_went_back_in_time_starts_a_new_epoch(
    node: Node, rival: Connection
) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        await book(await make_buyer(), concert, 0)
        await viewer.sees("R" + "A" * 9)
        await rival.execute(
            "UPDATE seat SET status = 'A', booking_id = NULL, price_minor = NULL,"
            " reserved_until = NULL, version = 0 WHERE concert_id = $1",
            concert.id,
        )
        before = viewer.have
        await node.compare()
        await viewer.sees("A" * 10)
        assert isinstance(viewer.frames[-1], Snapshot)
        assert viewer.have
        assert before
        assert viewer.have.epoch != before.epoch


async def test_another_plan_starts_a_new_epoch(node: Node, rival: Connection) -> None:
    venue = await make_venue()
    concert = await make_concert(venue=venue)
    other = await make_plan(venue, rows=5, seats_per_row=2)
    async with watching(node, concert) as viewer:
        await rival.execute("UPDATE concert SET plan_id = $2 WHERE id = $1", concert.id, other.id)
        await node.compare()
        await viewer.until(lambda viewer: viewer.plan_version == other.version)
        assert isinstance(viewer.frames[-1], Snapshot)


async def test_a_change_that_commits_while_comparing_is_not_taken_back(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, buyer = await make_concert(), await make_buyer()

    async def read_and_be_overtaken(concert_id: UUID) -> SeatReading | None:
        reading = await read_seats(concert_id)
        await book(buyer, concert, 5)
        return reading

    async with watching(node, concert) as viewer:
        monkeypatch.setattr("bigcat_graphql.live.hub.read_seats", read_and_be_overtaken)
        await node.compare()
        await viewer.sees("AAAAARAAAA")
        assert [type(frame) for frame in viewer.frames] == [Snapshot, Delta]


async def test_a_change_that_commits_while_starting_anew_is_not_lost(
    node: Node, rival: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, buyer = await make_concert(), await make_buyer()

    async def read_and_be_overtaken(concert_id: UUID) -> SeatReading | None:
        reading = await read_seats(concert_id)
        await book(buyer, concert, 5)
        return reading

    await block(rival, concert, 0)
    async with watching(node, concert) as viewer:
        await rival.execute(
            "UPDATE seat SET status = 'A', version = 0 WHERE concert_id = $1", concert.id
        )
        monkeypatch.setattr("bigcat_graphql.live.hub.read_seats", read_and_be_overtaken)
        await node.compare()
        await viewer.sees("AAAAARAAAA")


async def test_a_batch_that_committed_though_nobody_knew_is_seen_at_once(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    concert, buyer = await make_concert(), await make_buyer()

    async def commit_and_be_cut_off(wishes: Sequence[Wish]) -> Result:
        monkeypatch.setattr(batch, "reserve_batch", real)
        with monkeypatch.context() as patched:
            patched.setattr(batch, "tell", lambda _: None)
            await real(wishes)
        raise OutcomeUnknown

    real = batch.reserve_batch
    async with watching(node, concert) as viewer:
        monkeypatch.setattr(batch, "reserve_batch", commit_and_be_cut_off)
        await book(buyer, concert, 5)
        await viewer.sees("AAAAARAAAA")


async def test_a_concert_that_is_gone_ends_the_stream(node: Node, rival: Connection) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        for table, column in (
            ("seat", "concert_id"),
            ("price_tier", "concert_id"),
            ("concert", "id"),
        ):
            await rival.execute(f"DELETE FROM {table} WHERE {column} = $1", concert.id)
        await node.compare()
        await viewer.until(lambda viewer: viewer.is_over)
    assert await node.snapshot_of(concert.id) is None


async def test_viewers_keep_what_they_have_while_the_database_fails(
    node: Node, rival: Connection
) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        await rival.execute("ALTER TABLE seat RENAME TO seat_away")
        try:
            with capture_logs() as logs:
                await node.compare()
                await node.compare()
        finally:
            await rival.execute("ALTER TABLE seat_away RENAME TO seat")
        # Said once, not every five seconds.
        assert [entry["event"] for entry in logs] == ["live_compare_failed"]
        assert not viewer.is_over
        await block(rival, concert, 1)
        await node.compare()
        await viewer.sees("AXAAAAAAAA")


async def test_watching_survives_a_killed_connection(node: Node, rival: Connection) -> None:
    concert = await make_concert()
    async with watching(node, concert) as viewer:
        pooled = await database.fetch_one("SELECT pg_backend_pid() AS pid")
        assert pooled is not None
        await rival.execute("SELECT pg_terminate_backend($1)", pooled["pid"])
        await node.compare()
        await block(rival, concert, 1)
        await node.compare()
        await viewer.sees("AXAAAAAAAA")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that this process sends."""
    sent: list[str] = []
    real = vars(asyncpg.Connection)["_execute"]

    async def noted(self: Connection, query: str, *args: object, **options: object) -> object:
        sent.append(query)
        return await real(self, query, *args, **options)

    monkeypatch.setattr(asyncpg.Connection, "_execute", noted)
    return sent


async def test_two_hundred_viewers_cost_as_many_statements_as_one(
    node: Node, statements: list[str]
) -> None:
    counts = []
    for size in (1, 1, 200):  # the first warms caches up
        concert, buyer = await make_concert(), await make_buyer()
        statements.clear()
        async with crowd(node, concert, size) as viewers:
            await book(buyer, concert, 0)
            await node.compare()
            for viewer in viewers:
                await viewer.sees("R" + "A" * 9)
        await node.stop()
        counts.append(len(statements))
        node.start()
    assert counts[1] == counts[2]
