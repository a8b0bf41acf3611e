"""Jobs: what leaves the process, written down in the transaction that causes it, run afterwards."""

from bigcat_graphql.jobs.handlers import Handler, Hopeless, Lane, Retry, handle
from bigcat_graphql.jobs.queue import Job, Payload, enqueue, enqueue_many
from bigcat_graphql.jobs.register import JobRow, dead_letters, list_jobs, run_again
from bigcat_graphql.jobs.runner import run_due, wake, work_for_ever

__all__ = [
    "Handler",
    "Hopeless",
    "Job",
    "JobRow",
    "Lane",
    "Payload",
    "Retry",
    "dead_letters",
    "enqueue",
    "enqueue_many",
    "handle",
    "list_jobs",
    "run_again",
    "run_due",
    "wake",
    "work_for_ever",
]
