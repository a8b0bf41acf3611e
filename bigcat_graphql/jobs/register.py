"""What an operator sees of the jobs that wait, run or lie dead, and how dead ones run again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg
import orjson
from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.jobs.queue import Payload

State = Literal["waiting", "running", "dead"]


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as it stands; `error` is what it last failed of."""

    id: int
    kind: str
    payload: Payload
    state: State
    failures: int
    enqueued_at: datetime
    due_at: datetime
    error: str | None


_LIST = """
SELECT job.id, entrypoint, payload, attempts, created, execute_after, error,
    CASE status WHEN 'failed' THEN 'dead' WHEN 'picked' THEN 'running' ELSE 'waiting' END AS state
FROM job
LEFT JOIN LATERAL (
    SELECT traceback->>'exception_type' || ': ' || (traceback->>'exception_message') AS error
    FROM job_log WHERE job_log.job_id = job.id AND traceback IS NOT NULL
    ORDER BY job_log.created DESC LIMIT 1
) AS last ON true
WHERE NOT $1 OR status = 'failed'
ORDER BY (status = 'failed') DESC, job.id LIMIT $2
"""
_RUN_AGAIN = """
UPDATE job SET status = 'queued', execute_after = now(), updated = now(), attempts = 0,
    queue_manager_id = NULL
WHERE id = $1 AND status = 'failed' RETURNING id
"""
# What keeps it from waiting again is a newer one of its key, which does the same.
_DROP = "DELETE FROM job WHERE id = $1 AND status = 'failed' RETURNING id"


async def list_jobs(*, dead_only: bool = False, limit: int = 100) -> list[JobRow]:
    """List jobs that are not done, dead ones first, then the oldest."""
    return [_row(row) for row in await database.fetch_all(_LIST, dead_only, limit)]


async def dead_letters(*, limit: int = 100) -> list[JobRow]:
    """List the jobs that nobody tries any more."""
    return await list_jobs(dead_only=True, limit=limit)


async def run_again(ids: Sequence[int]) -> list[int]:
    """Let dead letters be tried from the beginning.

    Returns:
        Those that were dead letters.
    """
    return [job_id for job_id in ids if await _revive(job_id)]


async def _revive(job_id: int) -> bool:
    try:
        return await database.fetch_one(_RUN_AGAIN, job_id) is not None
    except asyncpg.UniqueViolationError:
        return await database.fetch_one(_DROP, job_id) is not None


def _row(row: Record) -> JobRow:
    return JobRow(
        id=row["id"],
        kind=row["entrypoint"],
        payload=orjson.loads(row["payload"] or b"{}"),
        state=row["state"],
        failures=row["attempts"] + (row["state"] == "dead"),
        enqueued_at=row["created"],
        due_at=row["execute_after"],
        error=row["error"],
    )
