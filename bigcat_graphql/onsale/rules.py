"""How many to let in, and how long the others will wait: pure functions."""

import math
from dataclasses import dataclass

# Only part of what is left is in play at once, so that nobody is let in for nothing; the last
# seats are for whoever comes first among those let in. Both from facts of other waiting rooms.
_SHARE_IN_PLAY = 0.25
_LAST_SEATS = 50
# What buyers do until this sale has shown its own: every second one buys, 2.2 tickets each; that
# counts like so many sessions seen.
_BOUGHT_FIRST = 0.5
_TICKETS_FIRST = 2.2
_SEEN_FIRST = 20
# Rates are means over about this time: steady enough to promise by, quick enough to be true.
_MEMORY_SECONDS = 30.0
# A node that slept must not let in at once all that it missed.
_LONGEST_TICK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is in, what is left for them, and what those before them did."""

    seats_left: int
    admitted: int
    sessions_ended: int
    sessions_bought: int
    tickets_bought: int


def count_admissions(
    crowd: Crowd, *, seconds: float, per_second_max: float, admitted_max: int
) -> int:
    """Say how many more to let in now, `seconds` after the last time."""
    paced = per_second_max * min(seconds, _LONGEST_TICK_SECONDS)
    return max(0, min(_room(crowd, admitted_max) - crowd.admitted, math.ceil(paced)))


def _room(crowd: Crowd, admitted_max: int) -> int:
    """Say how many may be in at once, so that what they want is a share of what is left."""
    buys = (crowd.sessions_bought + _BOUGHT_FIRST * _SEEN_FIRST) / (
        crowd.sessions_ended + _SEEN_FIRST
    )
    tickets = (crowd.tickets_bought + _TICKETS_FIRST * _SEEN_FIRST) / (
        crowd.sessions_bought + _SEEN_FIRST
    )
    share = 1.0 if crowd.seats_left < _LAST_SEATS else _SHARE_IN_PLAY
    return min(admitted_max, math.ceil(share * crowd.seats_left / (tickets * buys)))


def follow_rate(per_minute: float, count: int, *, seconds: float, open_seconds: float) -> float:
    """Go on with a mean rate after `count` more in the last of so many seconds.

    In the beginning it is the mean since the opening: a rate that grew from nothing would promise
    much too long a wait.
    """
    if seconds <= 0:
        return per_minute
    weight = max(1 - math.exp(-seconds / _MEMORY_SECONDS), min(1.0, seconds / open_seconds))
    return per_minute + weight * (count * 60 / seconds - per_minute)


def estimate_wait(
    rank: int, *, head_rank: int, last_rank: int, waiting_count: int, admitted_per_minute: float
) -> int | None:
    """Guess the seconds until a rank is let in, from how many are let in lately.

    Not all ranks in front are still here; those who are count as spread evenly over the line.

    Returns:
        None while nobody is let in: then there is nothing honest to say.
    """
    ahead = max(0, rank - head_rank)
    if ahead == 0:
        return 0
    if admitted_per_minute <= 0:
        return None
    here = waiting_count * ahead / max(ahead, last_rank - head_rank)
    return math.ceil(here * 60 / admitted_per_minute)
