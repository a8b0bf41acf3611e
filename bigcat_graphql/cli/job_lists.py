"""`bigcat jobs`."""

from collections.abc import Sequence

from bigcat_graphql import jobs
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import Refused, show


def list_jobs(*, dead_only: bool, limit: int, as_json: bool) -> None:
    """List jobs that are not done."""
    rows = run_on_database(lambda: jobs.list_jobs(dead_only=dead_only, limit=limit))
    text = "\n".join(_describe(row) for row in rows) or "There are none."
    show({"jobs": [_facts(row) for row in rows]}, text, as_json=as_json)


def retry_jobs(ids: Sequence[int], *, as_json: bool) -> None:
    """Let dead jobs be tried again.

    Raises:
        Refused: one of them is not dead; the others are tried all the same.
    """
    again = run_on_database(lambda: jobs.run_again(ids))
    missing = [str(job_id) for job_id in ids if job_id not in again]
    text = f"Tried again: {', '.join(map(str, again)) or 'none'}."
    show(
        {"tried_again": again, "not_dead": [int(job_id) for job_id in missing]},
        text,
        as_json=as_json,
    )
    if missing:
        raise Refused(f"Not among the dead: {', '.join(missing)}.")


def _describe(row: jobs.JobRow) -> str:
    named = " ".join(f"{name}={value}" for name, value in row.payload.items() if value != "")
    failed = f", failed {row.failures}x" if row.failures else ""
    due = f"{row.due_at:%Y-%m-%d %H:%M:%SZ}"
    line = f"{row.id:>8}  {row.state:<7}  {due}  {row.kind}{failed}  {named}"
    return f"{line}\n    {row.error}" if row.error else line


def _facts(row: jobs.JobRow) -> dict[str, object]:
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "payload": dict(row.payload),
        "failures": row.failures,
        "enqueued_at": row.enqueued_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "error": row.error,
    }
