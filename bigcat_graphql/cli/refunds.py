"""`bigcat refunds set`."""

import re
from collections.abc import Sequence
from dataclasses import asdict

from bigcat_graphql import catalogue
from bigcat_graphql.catalogue import RefundStep
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.queues import find_concert
from bigcat_graphql.cli.terminal import show
from bigcat_graphql.errors import InvalidInput

_STEP = re.compile(r"(-?[0-9]{1,9}):(-?[0-9]{1,9})")


def set_steps(slug: str, steps: Sequence[str], *, as_json: bool) -> None:
    """Say what goes back of bookings that are made from now on.

    Raises:
        InvalidInput: a step makes no sense.
        Refused: there is no such concert.
    """
    policy = [_read_step(number, text) for number, text in enumerate(steps)]

    async def work() -> None:
        await catalogue.set_refund_steps(await find_concert(slug), policy)

    run_on_database(work)
    text = "\n".join([*map(_describe, policy), "After that nothing." if policy else "Nothing."])
    facts = {"refund_steps": [asdict(step) for step in policy]}
    show(facts, f"Of bookings made from now on go back:\n{text}", as_json=as_json)


def _read_step(number: int, text: str) -> RefundStep:
    found = _STEP.fullmatch(text)
    if found is None:
        path = ("refundSteps", str(number))
        raise InvalidInput(f"{text!r} is not like 48:50, HOURS before the start:PERCENT.", path)
    return RefundStep(int(found[1]), int(found[2]))


def _describe(step: RefundStep) -> str:
    until = f"{step.hours_before} hours before the start" if step.hours_before else "the start"
    return f"{step.percent} % until {until}"
