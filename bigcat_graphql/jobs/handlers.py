"""Who does which kind of job, and how often it is tried."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from bigcat_graphql.jobs.queue import Payload

Handler = Callable[[Payload], Awaitable[None]]

_FIRST_DELAY_SECONDS = 5.0
_LONGEST_DELAY_SECONDS = 3600.0


class Hopeless(Exception):
    """Trying this job again cannot help: it becomes a dead letter at once."""


class Lane(Enum):
    """Kinds of one lane share its runners, so that ten thousand mails delay no refund."""

    PROMPT = auto()
    PATIENT = auto()


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a job is tried before it becomes a dead letter; None: for ever.

    12 attempts take about two and a half hours.
    """

    attempts: int | None = 12

    def goes_on(self, failures: int) -> bool:
        """Tell whether a job that failed so often is tried again."""
        return self.attempts is None or failures < self.attempts

    def delay_seconds(self, failures: int) -> float:
        """Say how long to wait: 5 s, doubling to an hour."""
        doublings = min(failures - 1, 20)
        return min(_FIRST_DELAY_SECONDS * 2.0**doublings, _LONGEST_DELAY_SECONDS)


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of job, as this process does it."""

    handler: Handler
    retry: Retry
    lane: Lane


_known: dict[str, Work] = {}


def handle(
    kind: str, handler: Handler, *, retry: Retry | None = None, lane: Lane = Lane.PROMPT
) -> None:
    """Do jobs of this kind in this process; called at start-up, again changes nothing.

    The handler must bear running twice: a process may die between its work and its end. What it
    raises is logged, and the job tried again.
    """
    _known[kind] = Work(handler, retry or Retry(), lane)


def work_of(kind: str) -> Work:
    """Find what to do for a kind that was handed to `handle`."""
    return _known[kind]


def kinds_of(*lanes: Lane) -> list[str]:
    """List the kinds that this process handles."""
    return [kind for kind, work in _known.items() if work.lane in lanes]
