"""What fair is, in numbers: pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass


def win_ratio(bots: Sequence[bool], people: Sequence[bool]) -> float:
    """Say how much oftener a bot's account won than a person's; 1 is fair."""
    return share(bots) / share(people)


def share(outcomes: Sequence[bool]) -> float:
    """Say which part of them is true."""
    return sum(outcomes) / len(outcomes) if outcomes else 0.0


def jain(shares: Sequence[float]) -> float:
    """Give Jain's index of what groups got: 1 when all got the same, 1/n when one got all."""
    squares = sum(one * one for one in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


def kendall_tau(ranks: Sequence[int]) -> float:
    """Say how far the order of ranks follows the order they are given in, from -1 to 1."""
    inversions, _ = _count_inversions(list(ranks))
    pairs = len(ranks) * (len(ranks) - 1) / 2
    return 1 - 2 * inversions / pairs


@dataclass(frozen=True, slots=True)
class Join:
    """When somebody asked for a place and was answered, in seconds, and the rank."""

    asked_at: float
    answered_at: float
    rank: int


def overtakes(joins: Sequence[Join]) -> int:
    """Count those who were ranked before somebody that had been answered before they asked."""
    count, highest = 0, 0
    answered = sorted(joins, key=lambda join: join.answered_at, reverse=True)
    for join in sorted(joins, key=lambda join: join.asked_at):
        while answered and answered[-1].answered_at < join.asked_at:
            highest = max(highest, answered.pop().rank)
        count += join.rank < highest
    return count


def errors(pairs: Sequence[tuple[float, float]]) -> list[float]:
    """Say how far what was told was off, as parts of what turned out to be true."""
    return [abs(told - true) / true for told, true in pairs]


def quantile(values: Sequence[float], part: float) -> float:
    """Give the value that this part of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def _count_inversions(ranks: list[int]) -> tuple[int, list[int]]:
    if len(ranks) < 2:
        return 0, ranks
    half = len(ranks) // 2
    here, left = _count_inversions(ranks[:half])
    there, right = _count_inversions(ranks[half:])
    merged, count, taken = list[int](), here + there, 0
    for one in left:
        while taken < len(right) and right[taken] < one:
            merged.append(right[taken])
            taken += 1
        count += taken
        merged.append(one)
    return count, merged + right[taken:]
