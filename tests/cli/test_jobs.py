"""`bigcat jobs` and `bigcat worker`."""

import asyncio
import signal
import sys

import pytest

from bigcat_graphql import jobs
from bigcat_graphql.database import DatabaseUrl, run_transaction
from tests.booking.verbs import book
from tests.cli.running import answer_of, bare_environment, bigcat
from tests.scenes import make_buyer, make_concert


async def give_up(_: jobs.Payload) -> None:
    raise jobs.Hopeless("nobody is there")


async def test_dead_jobs_are_listed_and_tried_again(database: DatabaseUrl) -> None:
    jobs.handle("test.dead", give_up)
    await run_transaction(lambda: jobs.enqueue("test.dead", {"booking": "b-1"}))
    await jobs.run_due()
    await run_transaction(lambda: jobs.enqueue("test.other", {"id": 1}))
    listed = answer_of(await bigcat("jobs", "list", "--json", database=database))["jobs"]
    assert [(row["kind"], row["state"]) for row in listed] == [
        ("test.dead", "dead"),
        ("test.other", "waiting"),
    ]
    said = await bigcat("jobs", "list", "--dead", database=database)
    assert "test.dead" in said.stdout
    assert "Hopeless: nobody is there" in said.stdout
    assert "test.other" not in said.stdout
    number = str(listed[0]["id"])
    again = await bigcat("jobs", "retry", number, "--json", database=database)
    assert answer_of(again) == {"tried_again": [listed[0]["id"]], "not_dead": []}
    assert [row.state for row in await jobs.list_jobs()] == ["waiting", "waiting"]


async def test_jobs_that_are_not_dead_are_named(database: DatabaseUrl) -> None:
    done = await bigcat("jobs", "retry", "1", database=database)
    assert done.returncode == 1
    assert "Not among the dead: 1." in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is told to stop by signals here")
async def test_a_worker_does_what_servers_leave_to_it(database: DatabaseUrl) -> None:
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bigcat_graphql",
        "worker",
        env=bare_environment() | {"DATABASE_URL": str(database), "BIGCAT_MAILBOX": "1"},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        topic = await confirmed_booking()
        await run_transaction(lambda: jobs.enqueue("message.mail", topic))
        async with asyncio.timeout(120):
            while await jobs.list_jobs():
                await asyncio.sleep(0.05)
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            _, said = await worker.communicate()
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    assert worker.returncode == 0, said.decode()


async def confirmed_booking() -> dict[str, str]:
    concert = await make_concert(price_minor=0)
    made = await book(await make_buyer(), concert, 0)
    return {"kind": "confirmed", "concert": str(concert.id), "booking": str(made.id), "cause": ""}
