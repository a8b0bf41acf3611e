"""Running jobs: fetched a few at a time, leased, tried again later, and at last laid aside."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import asyncpg
import orjson
import structlog
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.types import JobId, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from bigcat_graphql import database
from bigcat_graphql.jobs.handlers import Hopeless, Lane, kinds_of, work_of
from bigcat_graphql.jobs.store import queries

_LOG = structlog.get_logger()

# How soon a job is seen that another process enqueued; our own wake us.
_POLL_SECONDS = 1.0
# Between two looks under load: a look per commit would cost more than what it finds.
_GAP_SECONDS = 0.05
# A job whose runner has not been heard of for so long is taken by another.
LEASE_SECONDS = 30.0
# At the end, how long the jobs at work may take to finish before they are given back.
_STOP_SECONDS = 5.0
_FORGET_EVERY_SECONDS = 3600.0
_CAPACITY = {Lane.PROMPT: 16, Lane.PATIENT: 4}

# The log is for the operator's eyes; a dead letter keeps its last error as long as it lies there.
_FORGET = """
DELETE FROM job_log WHERE id IN (
    SELECT id FROM job_log AS old
    WHERE created < now() - interval '7 days'
      AND NOT EXISTS (SELECT FROM job WHERE job.id = old.job_id)
    LIMIT 10000
)
"""
_GIVE_BACK = """
UPDATE job SET status = 'queued', queue_manager_id = NULL
WHERE id = ANY($1::bigint[]) AND status = 'picked' AND queue_manager_id = $2
"""

_awake: list["Runner"] = []


async def work_for_ever() -> None:
    """Run jobs of the kinds that this process handles until cancelled; any number may.

    Cancelled, it lets the jobs at work finish for a few seconds and gives the others back.
    """
    async with asyncio.TaskGroup() as lanes:
        for lane in Lane:
            lanes.create_task(Runner(lane).run_for_ever(), name=f"bigcat-jobs-{lane.name.lower()}")


async def run_due() -> int:
    """Run every job that is due, until none is.

    Returns:
        How many were run, those that failed included.
    """
    return await Runner(*Lane).run_due()


def wake() -> None:
    """Let this process's runners look at once; called after a commit that enqueued something."""
    for runner in _awake:
        runner.stir()


class Runner:
    """One taker of jobs of some lanes."""

    def __init__(self, *lanes: Lane, lease_seconds: float = LEASE_SECONDS) -> None:
        self._lanes = lanes
        self._capacity = max(_CAPACITY[lane] for lane in lanes)
        self._lease = timedelta(seconds=lease_seconds)
        self._id = uuid4()
        self._stirred = asyncio.Event()
        self._running: dict[JobId, asyncio.Task[None]] = {}
        self._succeeded: list[Job] = []

    def stir(self) -> None:
        """Let it look at once."""
        self._stirred.set()

    async def run_due(self) -> int:
        """Run what is due now, batch by batch, until nothing is."""
        ran = 0
        while await self._pick():
            ran += len(self._running)
            await asyncio.gather(*self._running.values())
            await self._acknowledge()
        return ran

    async def run_for_ever(self) -> None:
        """Run jobs until cancelled."""
        _awake.append(self)
        beside = [asyncio.create_task(self._beat()), asyncio.create_task(self._forget())]
        try:
            while True:
                await self._look()
                await asyncio.sleep(_GAP_SECONDS)
                with suppress(TimeoutError):
                    # Not all nodes at the same moment.
                    await asyncio.wait_for(
                        self._stirred.wait(),
                        _POLL_SECONDS * random.uniform(0.8, 1.2),  # noqa: S311 - no secret
                    )
        finally:
            _awake.remove(self)
            for task in beside:
                task.cancel()
            await self._stop()

    async def _look(self) -> None:
        self._stirred.clear()
        try:
            await self._acknowledge()
            if len(self._running) < self._capacity:
                await self._pick()
        except Exception as error:  # noqa: BLE001 - the database comes back, and so does this loop
            _LOG.warning("jobs_unreachable", error=str(error))

    async def _pick(self) -> int:

        kinds = kinds_of(*self._lanes)
        if not kinds:
            return 0
        jobs = await queries().dequeue(
            batch_size=self._capacity - len(self._running),
            entrypoints={QueueEntrypoint(kind): EntrypointExecutionParameter(0) for kind in kinds},
            queue_manager_id=QueueManagerId(self._id),
            global_concurrency_limit=None,
            heartbeat_timeout=self._lease,
        )
        # A heartbeat that came too late lets us fetch what we are still at.
        fresh = [job for job in jobs if job.id not in self._running]
        for job in fresh:
            self._running[job.id] = asyncio.create_task(self._run(job), name=job.entrypoint)
        return len(fresh)

    async def _run(self, job: Job) -> None:
        try:
            await work_of(job.entrypoint).handler(orjson.loads(job.payload or b"{}"))
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is this job's failure
            await self._note_failure(job, error)
        else:
            self._succeeded.append(job)
        # Not in a finally: one that is cancelled stays here, to be given back.
        del self._running[job.id]
        self.stir()

    async def _note_failure(self, job: Job, error: Exception) -> None:
        retry, failures = work_of(job.entrypoint).retry, job.attempts + 1
        dead = isinstance(error, Hopeless) or not retry.goes_on(failures)
        _LOG.warning(
            "job_dead" if dead else "job_failed",
            kind=job.entrypoint,
            job_id=job.id,
            attempt=failures,
            error=f"{type(error).__name__}: {error}",
            exc_info=error if dead else None,
        )
        try:
            await (_lay_aside(job, error) if dead else _try_later(job, error))
        except Exception as unsaid:  # noqa: BLE001 - its lease ends, and another takes it
            _LOG.warning("job_not_returned", job_id=job.id, error=str(unsaid))

    async def _acknowledge(self) -> None:

        done, self._succeeded = self._succeeded, []
        if not done:
            return
        try:
            await queries().log_jobs([(job, "successful", None) for job in done])
        except BaseException:
            self._succeeded = done + self._succeeded
            raise

    async def _beat(self) -> None:

        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if self._running:
                try:
                    await queries().update_heartbeat(list(self._running))
                except Exception as error:  # noqa: BLE001 - the next beat is soon
                    _LOG.warning("jobs_unreachable", error=str(error))

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(_FORGET_EVERY_SECONDS)
            try:
                await database.execute(_FORGET)
            except Exception as error:  # noqa: BLE001 - an hour later is soon enough
                _LOG.warning("jobs_unreachable", error=str(error))

    async def _stop(self) -> None:
        at_work = list(self._running.values())
        if at_work:
            await asyncio.wait(at_work, timeout=_STOP_SECONDS)
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
        try:
            await self._acknowledge()
            await database.execute(_GIVE_BACK, list(self._running), self._id)
        except Exception as error:  # noqa: BLE001 - their lease ends, and another takes them
            _LOG.warning("jobs_not_returned", error=str(error))


async def _try_later(job: Job, error: Exception) -> None:

    delay = work_of(job.entrypoint).retry.delay_seconds(job.attempts + 1)
    # Those that failed together must not all come back together.
    delay *= random.uniform(0.75, 1.25)  # noqa: S311 - no secret
    record = _record(job, error)
    try:
        await queries().retry_job(job, timedelta(seconds=delay), record)
    except asyncpg.UniqueViolationError:
        # Another of its key waits by now, and does what this one did not.
        await queries().log_jobs([(job, "deleted", record)])


async def _lay_aside(job: Job, error: Exception) -> None:

    await queries().log_jobs([(job, "failed", _record(job, error))])


def _record(job: Job, error: Exception) -> TracebackRecord:

    return TracebackRecord.from_exception(error, job.id)
