"""Jobs exist exactly if their cause does, run, are tried again, and never get lost."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigcat_graphql import jobs
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import Connection, execute, fetch_all, run_transaction
from bigcat_graphql.jobs.store import Names
from tests.jobs.works import Done, let_delays_pass

pytestmark = pytest.mark.usefixtures("database")


async def fail(number: int) -> None:
    raise ConnectionError(f"number {number} is away")


async def give_up(number: int) -> None:
    raise jobs.Hopeless(f"nobody wants number {number}")


async def test_a_job_exists_exactly_if_its_transaction_commits() -> None:
    done = Done()

    async def rolls_back() -> None:
        await jobs.enqueue(done.kind, {"number": 2})
        raise ZeroDivisionError

    await done.ask(1)
    with pytest.raises(ZeroDivisionError):
        await run_transaction(rolls_back)
    assert await jobs.run_due() == 1
    assert done.begun == [1]
    assert await jobs.list_jobs() == []


async def test_nobody_sees_a_job_before_its_transaction_commits(rival: Connection) -> None:
    done = Done()

    async def work() -> int:
        await jobs.enqueue(done.kind, {"number": 1})
        return int(await rival.fetchval("SELECT count(*) FROM job"))

    assert await run_transaction(work) == 0
    assert await jobs.run_due() == 1


async def test_of_several_that_wait_under_one_key_the_first_stays() -> None:
    done = Done()
    await done.ask(1, key="only")
    await done.ask(2, 3, key="only")
    await done.ask(4, key="another")
    await jobs.run_due()
    assert sorted(done.begun) == [1, 4]


async def test_a_cause_that_comes_while_a_job_of_its_key_runs_is_not_swallowed() -> None:
    async def ask_again(number: int) -> None:
        if number == 1:
            await done.ask(2, key="only")

    done = Done(ask_again)
    await done.ask(1, key="only")
    await jobs.run_due()
    assert done.begun == [1, 2]


async def test_a_job_that_failed_makes_way_for_a_newer_one_of_its_key() -> None:
    async def ask_again_and_fail(number: int) -> None:
        if number == 1:
            await done.ask(2, key="only")
            await fail(number)

    done = Done(ask_again_and_fail)
    await done.ask(1, key="only")
    await jobs.run_due()
    await let_delays_pass()
    await jobs.run_due()
    assert done.begun == [1, 2]
    assert await jobs.list_jobs() == []


async def test_a_job_may_wait() -> None:
    done = Done()
    await done.ask(1, after_seconds=3600)
    assert await jobs.run_due() == 0
    [row] = await jobs.list_jobs()
    assert row.due_at > utc_now() + timedelta(minutes=50)
    await let_delays_pass()
    assert await jobs.run_due() == 1


async def test_what_fails_is_tried_later_and_later_and_then_laid_aside() -> None:
    done = Done(fail, retry=jobs.Retry(attempts=4))
    await done.ask(7)
    delays = []
    for failures in (1, 2, 3):
        assert await jobs.run_due() == 1
        assert await jobs.run_due() == 0
        [row] = await jobs.list_jobs()
        assert (row.state, row.failures) == ("waiting", failures)
        assert row.error == "ConnectionError: number 7 is away"
        [known] = await fetch_all("SELECT execute_after - updated AS delay FROM job")
        delays.append(known["delay"].total_seconds())
        await let_delays_pass()
    assert [5 * 0.75 <= delays[0] <= 5 * 1.25, delays[1] >= 7, delays[2] >= 14] == [True] * 3
    assert await jobs.dead_letters() == []
    await jobs.run_due()
    [dead] = await jobs.dead_letters()
    assert (dead.kind, dead.payload, dead.failures) == (done.kind, {"number": 7}, 4)
    await let_delays_pass()
    assert await jobs.run_due() == 0


async def test_some_jobs_are_tried_for_ever_and_at_least_once_an_hour() -> None:
    done = Done(fail, retry=jobs.Retry(attempts=None))
    await done.ask(1)
    await execute("UPDATE job SET attempts = 1000")
    await jobs.run_due()
    [row] = await jobs.list_jobs()
    assert (row.state, row.failures) == ("waiting", 1001)
    assert row.due_at < utc_now() + timedelta(hours=1.5)


async def test_what_is_hopeless_is_laid_aside_at_once_and_can_be_tried_again() -> None:
    done = Done(give_up)
    await done.ask(1, 2)
    await jobs.run_due()
    dead = await jobs.dead_letters()
    assert [row.error for row in dead] == [f"Hopeless: nobody wants number {n}" for n in (1, 2)]
    assert await jobs.run_again([dead[0].id, dead[0].id + 1_000]) == [dead[0].id]
    assert await jobs.run_due() == 1
    assert done.begun == [1, 2, 1]


async def test_a_dead_letter_whose_key_waits_again_goes_for_good() -> None:
    done = Done(give_up)
    await done.ask(1, key="only")
    await jobs.run_due()
    [dead] = await jobs.dead_letters()
    await done.ask(2, key="only")
    assert await jobs.run_again([dead.id]) == [dead.id]
    await jobs.run_due()
    assert done.begun == [1, 2]


async def test_kinds_that_this_process_does_not_know_wait_for_one_that_does() -> None:
    await run_transaction(lambda: jobs.enqueue("test.unknown", {"id": 1}))
    assert await jobs.run_due() == 0
    assert [row.kind for row in await jobs.list_jobs()] == ["test.unknown"]


async def test_enqueuing_notifies_nobody() -> None:
    """NOTIFY would make all buyers' commits wait for each other."""
    assert await fetch_all("SELECT FROM pg_trigger WHERE tgrelid = 'job'::regclass") == []


async def test_settings_meant_for_other_uses_of_pgqueuer_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGQUEUER_QUEUE_TABLE", "elsewhere")
    monkeypatch.setenv("DURABILITY", "nonsense")
    assert Names(queue_table="job").qualified.queue_table == "job"


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.tuples(st.sampled_from("abc-"), st.booleans()), max_size=8))
async def test_whatever_is_asked_and_taken_back_runs_as_it_was_asked(
    wishes: list[tuple[str, bool]],
) -> None:
    done = Done()
    expected: dict[str | int, int] = {}
    for number, (letter, commits) in enumerate(wishes):
        key = None if letter == "-" else letter

        async def work(
            number: int = number, key: str | None = key, commits: bool = commits
        ) -> None:
            await jobs.enqueue(done.kind, {"number": number}, key=key)
            if not commits:
                raise InterruptedError

        if commits:
            await run_transaction(work)
            expected.setdefault(key or number, number)
        else:
            with pytest.raises(InterruptedError):
                await run_transaction(work)
    await jobs.run_due()
    assert sorted(done.begun) == sorted(expected.values())
