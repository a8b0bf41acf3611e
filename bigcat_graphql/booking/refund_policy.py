"""What a buyer gets back: pure arithmetic over the steps that a booking was made under."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

Steps = Sequence[Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Share:
    """How many percent of a price go back, and until when that holds."""

    percent: int
    until: datetime


def share_at(steps: Steps, *, starts_at: datetime, now: datetime) -> Share:
    """Find the step that decides: the first whose time is not over; after the last, nothing.

    `hours_before` says until how many hours before the start a step applies.
    """
    for step in sorted(steps, key=lambda step: -step["hours_before"]):
        until = starts_at - timedelta(hours=step["hours_before"])
        if now < until:
            return Share(step["percent"], until)
    return Share(0, starts_at)


def split_refund(prices_minor: Sequence[int], percent: int) -> list[int]:
    """Say what goes back of each price; together they are the percentage of the sum.

    That is rounded to the next minor unit, a half to the buyer's good. The units that rounding
    each price down would lose go to those with the largest remainders, the first of equals first.
    """
    total = (sum(prices_minor) * percent + 50) // 100
    shares = [price * percent // 100 for price in prices_minor]
    largest = sorted(range(len(shares)), key=lambda n: -(prices_minor[n] * percent % 100))
    for n in largest[: total - sum(shares)]:
        shares[n] += 1
    return shares
