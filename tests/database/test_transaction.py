import asyncio

import asyncpg
import pytest
from tortoise.connection import get_connection

from bigcat_graphql.database import Connection, execute, fetch_all, fetch_one, run_transaction
from bigcat_graphql.database import engine as engine_module
from bigcat_graphql.errors import Busy, OutcomeUnknown
from bigcat_graphql.models import Account
from tests.database.slips import add_slip, count_slips, other_sessions, terminate

pytestmark = pytest.mark.usefixtures("slips")


async def test_what_a_transaction_did_is_there_after_it(rival: Connection) -> None:
    await run_transaction(lambda: add_slip(1))
    assert await count_slips(rival) == 1


async def test_an_error_takes_back_everything(rival: Connection) -> None:
    async def work() -> None:
        await add_slip(1)
        raise LookupError

    with pytest.raises(LookupError):
        await run_transaction(work)
    assert await count_slips(rival) == 0


async def test_orm_and_sql_share_the_transaction(rival: Connection) -> None:
    async def work() -> None:
        guest = await Account.create(email="a@b.c", email_folded="a@b.c", name="A", role="GUEST")
        row = await fetch_one("SELECT name FROM account WHERE id = $1", guest.id)
        assert row is not None
        assert row["name"] == "A"
        assert await rival.fetchval("SELECT count(*) FROM account") == 0

    await run_transaction(work)
    assert await rival.fetchval("SELECT count(*) FROM account") == 1


async def test_the_lock_time_out_ends_with_its_transaction() -> None:
    async def work() -> str:
        return str((await fetch_all("SHOW lock_timeout"))[0][0])

    assert await run_transaction(work) == "2s"
    assert await run_transaction(work, lock_wait_ms=300) == "300ms"
    assert await work() == "0"


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_a_transaction_has_the_isolation_it_asked_for(isolation: str) -> None:
    async def work() -> str:
        return str((await fetch_all("SHOW transaction_isolation"))[0][0])

    assert await run_transaction(work, isolation=isolation) == isolation.replace("_", " ")


async def test_a_serialization_failure_runs_the_work_again(rival: Connection) -> None:
    await add_slip(1)
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        await fetch_all("SELECT * FROM slip")
        if runs == 1:
            await rival.execute("UPDATE slip SET note = 'rival'")
        await execute("UPDATE slip SET note = note || ' and we'")

    await run_transaction(work, isolation="repeatable_read")
    assert runs == 2
    assert await rival.fetchval("SELECT note FROM slip") == "rival and we"


async def test_two_that_deadlock_both_get_through(rival: Connection) -> None:
    await add_slip(1)
    await add_slip(2)
    met = asyncio.Barrier(2)
    runs = 0

    async def touch(first: int, second: int) -> None:
        nonlocal runs
        runs += 1
        await execute("UPDATE slip SET note = note || '+' WHERE id = $1", first)
        if runs <= 2:
            await met.wait()
        await execute("UPDATE slip SET note = note || '+' WHERE id = $1", second)

    await asyncio.gather(run_transaction(lambda: touch(1, 2)), run_transaction(lambda: touch(2, 1)))
    assert runs == 3
    assert await rival.fetchval("SELECT count(*) FROM slip WHERE note = '++'") == 2


async def test_a_lock_that_is_not_given_back_is_busy(
    rival: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_SET_LOCAL", "SET LOCAL lock_timeout = 50")
    await add_slip(1)
    async with rival.transaction():
        await rival.execute("UPDATE slip SET note = 'mine'")
        with pytest.raises(Busy):
            await run_transaction(lambda: execute("UPDATE slip SET note = 'ours'"))


async def test_conflicts_without_end_are_busy() -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        raise asyncpg.SerializationError

    with pytest.raises(Busy):
        await run_transaction(work, attempts=3)
    assert runs == 3


async def test_a_transaction_in_a_transaction_is_refused() -> None:
    async def inner() -> None:
        await add_slip(1)

    with pytest.raises(RuntimeError, match="inside an open transaction"):
        await run_transaction(lambda: run_transaction(inner))


async def test_a_connection_lost_before_commit_runs_the_work_again(rival: Connection) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        await add_slip(runs)
        if runs == 1:
            await terminate(rival, await other_sessions(rival))
        await execute("UPDATE slip SET note = 'seen'")

    await run_transaction(work)
    assert await rival.fetchval("SELECT array_agg(id) FROM slip") == [2]


async def test_a_loss_the_work_did_not_notice_is_found_at_commit(rival: Connection) -> None:
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        await add_slip(runs)
        if runs == 1:
            await terminate(rival, await other_sessions(rival))
            await until_the_line_is_dead()

    await run_transaction(work)
    assert await rival.fetchval("SELECT array_agg(id) FROM slip") == [2]


async def until_the_line_is_dead() -> None:
    """Let the loop read that the session has ended; nothing is sent."""
    line = get_connection("default")._connection
    while not line.is_closed():
        await asyncio.sleep(0.01)


async def test_a_connection_lost_while_committing_leaves_the_outcome_unknown(
    rival: Connection, slow_commit: None
) -> None:
    assert slow_commit is None
    committing = asyncio.create_task(run_transaction(lambda: add_slip(1)))
    while not (sessions := await other_sessions(rival, doing="COMMIT")):
        await asyncio.sleep(0.01)
    await terminate(rival, sessions)
    with pytest.raises(OutcomeUnknown):
        await committing


async def test_a_swallowed_error_does_not_pass_for_success(rival: Connection) -> None:
    async def work() -> None:
        await add_slip(1)
        with pytest.raises(asyncpg.UniqueViolationError):
            await add_slip(1)

    with pytest.raises(RuntimeError, match="swallowed"):
        await run_transaction(work)
    assert await count_slips(rival) == 0


async def test_a_savepoint_takes_back_its_part_alone(rival: Connection) -> None:
    async def work() -> None:
        await add_slip(1)
        # The ORM's own savepoint, around its insert.
        for _ in range(2):
            await Account.get_or_create(
                email_folded="a@b.c", defaults={"email": "a@b.c", "name": "A", "role": "GUEST"}
            )

    await run_transaction(work)
    assert await count_slips(rival) == 1
    assert await rival.fetchval("SELECT count(*) FROM account") == 1


async def test_a_task_that_outlives_its_transaction_uses_the_pool(rival: Connection) -> None:
    over = asyncio.Event()

    async def late() -> None:
        await over.wait()
        await add_slip(2)
        await run_transaction(lambda: add_slip(3))

    async def work() -> asyncio.Task[None]:
        await add_slip(1)
        return asyncio.create_task(late())

    task = await run_transaction(work)
    over.set()
    await task
    assert await count_slips(rival) == 3


async def test_the_first_error_of_siblings_is_the_one_that_is_told() -> None:
    async def fail() -> None:
        # By now the sibling's statement is under way, and a ROLLBACK would collide with it.
        await asyncio.sleep(0.1)
        raise LookupError

    with pytest.raises(LookupError):
        await run_transaction(lambda: asyncio.gather(fetch_all("SELECT pg_sleep(0.3)"), fail()))
