"""Writing jobs down, inside the transaction of their cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from bigcat_graphql import database

# Names rows by their ids and never carries their content, which may have changed when it runs.
Payload = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do once; with a `key`, at most one job of that key waits at a time."""

    kind: str
    payload: Payload
    key: str | None = None
    after_seconds: float = 0


# Not pgqueuer's own statement, which looks the sequence up and writes a line of a log as well: this
# one stands in the way of buyers.
_ENQUEUE = """
INSERT INTO job (entrypoint, payload, dedupe_key, execute_after)
SELECT kind, payload, key, now() + make_interval(secs => after_seconds)
FROM unnest($1::text[], $2::bytea[], $3::text[], $4::float8[])
    AS wanted(kind, payload, key, after_seconds)
ON CONFLICT (dedupe_key) WHERE status = 'queued' AND dedupe_key IS NOT NULL DO NOTHING
"""


async def enqueue(
    kind: str, payload: Payload, *, key: str | None = None, after_seconds: float = 0
) -> None:
    """Write one job down in the open transaction: it exists exactly if that commits.

    Of several waiting under one `key` the first stays; one that is running does not count.
    """
    await enqueue_many([Job(kind, payload, key, after_seconds)])


async def enqueue_many(jobs: Sequence[Job]) -> None:
    """Write jobs down as `enqueue` does, in one statement."""
    if not jobs:
        return
    # By key, so that two transactions that bring the same keys cannot wait for each other.
    ordered = sorted(jobs, key=lambda job: job.key or "")
    await database.execute(
        _ENQUEUE,
        [job.kind for job in ordered],
        [orjson.dumps(dict(job.payload)) for job in ordered],
        [job.key for job in ordered],
        [job.after_seconds for job in ordered],
    )
