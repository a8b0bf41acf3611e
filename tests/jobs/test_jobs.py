"""Jobs exist exactly if their cause does, run once, are tried again, and never get lost."""

import pytest

from bigcat_graphql import jobs
from bigcat_graphql.database import run_transaction

pytestmark = pytest.mark.usefixtures("database")


async def test_a_job_exists_exactly_if_its_transaction_commits() -> None:
    done: list[jobs.Payload] = []

    async def note(payload: jobs.Payload) -> None:
        done.append(payload)

    jobs.handle("test.note", note)

    async def commits() -> None:
        await jobs.enqueue("test.note", {"id": 1})

    async def rolls_back() -> None:
        await jobs.enqueue("test.note", {"id": 2})
        raise ZeroDivisionError

    await run_transaction(commits)
    with pytest.raises(ZeroDivisionError):
        await run_transaction(rolls_back)
    assert await jobs.run_due() == 1
    assert done == [{"id": 1}]
    assert await jobs.list_jobs() == []
