"""Many runners share the work, and one that dies leaves nothing undone."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter

import pytest

from bigcat_graphql import jobs
from bigcat_graphql.database import DatabaseUrl, fetch_one
from bigcat_graphql.jobs import runner as running
from bigcat_graphql.jobs.runner import Runner
from tests.cli.running import bare_environment
from tests.jobs.works import Done, let_leases_end, until

pytestmark = pytest.mark.usefixtures("database")


async def test_runners_share_jobs_and_never_run_one_twice() -> None:
    done = Done()
    await done.ask(*range(100))
    ran = await asyncio.gather(*[Runner(*jobs.Lane).run_due() for _ in range(4)])
    assert sum(ran) == 100
    assert Counter(done.begun) == Counter(range(100))
    assert await jobs.list_jobs() == []


_WORKER = """
import asyncio, sys
from bigcat_graphql import jobs
from bigcat_graphql.database import open_database

async def hang(payload):
    print("begun", flush=True)
    await asyncio.Event().wait()

async def main():
    await open_database(sys.argv[1])
    jobs.handle(sys.argv[2], hang)
    await jobs.work_for_ever()

asyncio.run(main())
"""


async def test_what_a_killed_runner_was_at_is_taken_by_another(database: DatabaseUrl) -> None:
    done = Done()
    await done.ask(1)
    other = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-c", _WORKER, str(database), done.kind],
        env=bare_environment(),
        stdout=subprocess.PIPE,
    )
    try:
        assert other.stdout
        assert await asyncio.to_thread(other.stdout.readline) == b"begun\n"
        assert await jobs.run_due() == 0
    finally:
        other.send_signal(signal.SIGKILL)
        await asyncio.to_thread(other.communicate)
    assert [row.state for row in await jobs.list_jobs()] == ["running"]
    assert await jobs.run_due() == 0
    await let_leases_end()
    assert await jobs.run_due() == 1
    assert done.begun == [1]


async def test_a_long_job_is_kept_by_a_runner_that_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    # It does not look again, which would fetch its own job anew.
    monkeypatch.setattr(running, "_POLL_SECONDS", 600.0)
    may_end = asyncio.Event()

    async def take_long(_: int) -> None:
        await may_end.wait()

    done = Done(take_long)
    await done.ask(1)
    at_work = asyncio.create_task(Runner(*jobs.Lane, lease_seconds=0.3).run_for_ever())
    await until(lambda: done.begun == [1])
    await let_leases_end()
    beaten = "SELECT heartbeat > now() - interval '10 minutes' AS fresh FROM job"
    async with asyncio.timeout(60):
        while not ((row := await fetch_one(beaten)) and row["fresh"]):
            await asyncio.sleep(0.05)
    assert await jobs.run_due() == 0
    may_end.set()
    async with asyncio.timeout(60):
        while await jobs.list_jobs():
            await asyncio.sleep(0.05)
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)
    assert done.begun == [1]


async def test_runners_are_woken_by_who_enqueued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_POLL_SECONDS", 600.0)
    done = Done()
    await done.ask(1)
    at_work = asyncio.create_task(jobs.work_for_ever())
    async with asyncio.timeout(60):
        while await jobs.list_jobs():
            await asyncio.sleep(0.01)
    # It has looked, found the first, and would look again in ten minutes.
    await done.ask(2)
    jobs.wake()
    await until(lambda: done.begun == [1, 2])
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)


async def test_what_fails_to_come_back_does_not_stop_the_others() -> None:
    async def fail_on_one(number: int) -> None:
        if number == 1:
            raise ConnectionError

    done = Done(fail_on_one)
    await done.ask(1, 2)
    at_work = asyncio.create_task(jobs.work_for_ever())
    await until(lambda: sorted(done.begun) == [1, 2])
    await done.ask(3)
    await until(lambda: sorted(done.begun) == [1, 2, 3])
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)
    assert [row.state for row in await jobs.list_jobs()] == ["waiting"]


async def test_a_runner_that_stops_finishes_what_it_is_at() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def take_a_while(_: int) -> None:
        begun.set()
        await may_end.wait()

    done = Done(take_a_while)
    await done.ask(1)
    at_work = asyncio.create_task(jobs.work_for_ever())
    await begun.wait()
    at_work.cancel()
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(at_work, return_exceptions=True)
    assert await jobs.list_jobs() == []


async def test_a_runner_that_stops_gives_back_what_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "_STOP_SECONDS", 0.05)
    begun = asyncio.Event()

    async def take_for_ever(_: int) -> None:
        if len(done.begun) == 1:
            begun.set()
            await asyncio.Event().wait()

    done = Done(take_for_ever)
    await done.ask(1)
    at_work = asyncio.create_task(jobs.work_for_ever())
    await begun.wait()
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)
    [row] = await jobs.list_jobs()
    assert (row.state, row.failures) == ("waiting", 0)
    assert await jobs.run_due() == 1


async def test_ten_thousand_mails_delay_no_refund() -> None:
    patient, prompt = Done(lane=jobs.Lane.PATIENT), Done()
    await patient.ask(*range(200))
    await prompt.ask(1)
    await Runner(jobs.Lane.PROMPT).run_due()
    assert (prompt.begun, patient.begun) == ([1], [])
