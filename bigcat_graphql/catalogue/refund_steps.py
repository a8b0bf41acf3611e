"""An organizer's refund policy: what goes back how long before the start, as bookings copy it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.models import Concert

# `Concert.refundSteps` is priced as this many.
_MOST_STEPS = 5
_MOST_HOURS = 5 * 366 * 24
_PATH = "refundSteps"


@dataclass(frozen=True, slots=True)
class RefundStep:
    """Until `hours_before` the start, `percent` of the price go back."""

    hours_before: int
    percent: int


FULL_REFUND = (RefundStep(0, 100),)
"""Everything until the start: the policy of whoever says nothing."""


def check_refund_steps(steps: Sequence[RefundStep]) -> None:
    """Refuse a policy that nobody can mean; none at all means that nothing ever goes back.

    Raises:
        InvalidInput: there are more than 5 steps, one has hours or a percentage that do not exist,
            or is not after the one before it, giving less.
    """
    if len(steps) > _MOST_STEPS:
        raise InvalidInput(f"A refund policy has at most {_MOST_STEPS} steps.", (_PATH,))
    for number, step in enumerate(steps):
        _check_step(number, step)
    for number, (earlier, later) in enumerate(pairwise(steps), start=1):
        if later.hours_before >= earlier.hours_before:
            raise _refuse(number, "hoursBefore", "must be nearer to the start than the one before")
        if later.percent >= earlier.percent:
            raise _refuse(number, "percent", "must give less than the one before")


async def set_refund_steps(concert_id: UUID, steps: Sequence[RefundStep]) -> None:
    """Give a concert another policy; bookings that are there keep the one they were made under.

    Raises:
        InvalidInput: see `check_refund_steps`.
        NotFound: there is no such concert.
    """
    check_refund_steps(steps)

    async def work() -> int:
        return await Concert.filter(id=concert_id).update(refund_steps=write_refund_steps(steps))

    if not await database.run_transaction(work):
        raise NotFound(("concertId",))


def write_refund_steps(steps: Sequence[RefundStep]) -> list[dict[str, int]]:
    """Write steps as the table has them."""
    return [asdict(step) for step in steps]


def _check_step(number: int, step: RefundStep) -> None:
    if not 0 <= step.hours_before <= _MOST_HOURS:
        raise _refuse(number, "hoursBefore", f"must be 0 to {_MOST_HOURS:,} hours before the start")
    if not 0 <= step.percent <= 100:
        raise _refuse(number, "percent", "must be 0 to 100 percent")


def _refuse(number: int, field: str, why: str) -> InvalidInput:
    return InvalidInput(f"Refund step {number + 1} {why}.", (_PATH, str(number), field))
