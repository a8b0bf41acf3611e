"""How many to let in, and what to remember of the line: pure functions."""

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
# So many times as many as usual leave in a burst; a third of the line in a minute never is one.
_BURST = 3.0
_LEAVING_LEAST = 0.3
# How many turns it takes to believe that those whose turn comes are no longer there as before.
_TURNS_REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is in, what is left for them, and what those before them did."""

    seats_left: int
    admitted: int
    sessions_ended: int
    sessions_bought: int
    tickets_bought: int


def count_admissions(
    crowd: Crowd,
    *,
    seconds: float,
    open_seconds: float,
    per_second_max: float,
    admitted_max: int,
) -> int:
    """Say how many more to let in now, `seconds` after the last time."""
    room = room_for(crowd.seats_left, tickets_a_session(crowd), admitted_max)
    paced = _paced(per_second_max, seconds=seconds, open_seconds=open_seconds)
    return max(0, min(room - crowd.admitted, paced))


def _paced(per_second: float, *, seconds: float, open_seconds: float) -> int:
    """Say how many a rate allows by now that it did not allow before: parts of one add up."""
    before = max(0.0, open_seconds - min(seconds, _LONGEST_TICK_SECONDS))
    return math.ceil(per_second * open_seconds) - math.ceil(per_second * before)


def tickets_a_session(crowd: Crowd) -> float:
    """Say how many tickets are bought for each who is let in, those who buy none included."""
    buys = (crowd.sessions_bought + _BOUGHT_FIRST * _SEEN_FIRST) / (
        crowd.sessions_ended + _SEEN_FIRST
    )
    tickets = (crowd.tickets_bought + _TICKETS_FIRST * _SEEN_FIRST) / (
        crowd.sessions_bought + _SEEN_FIRST
    )
    return tickets * buys


def room_for(seats_left: float, tickets: float, admitted_max: int) -> int:
    """Say how many may be in at once, so that what they want is a share of what is left."""
    share = 1.0 if seats_left < _LAST_SEATS else _SHARE_IN_PLAY
    return min(admitted_max, math.ceil(share * seats_left / tickets))


def follow_rate(per_minute: float, count: int, *, seconds: float, open_seconds: float) -> float:
    """Go on with a mean rate after `count` more in the last of so many seconds.

    In the beginning it is the mean since the opening: a rate that grew from nothing would promise
    much too long a wait.
    """
    if seconds <= 0:
        return per_minute
    weight = _weight(seconds, open_seconds)
    return per_minute + weight * (count * 60 / seconds - per_minute)


def follow_leaving(
    per_minute: float, left: int, line: int, *, seconds: float, open_seconds: float
) -> float:
    """Go on with the part of a line that leaves in a minute, after `left` of it just did.

    Those who come back count against it. A burst, when a network breaks down, counts for little:
    it says nothing of who leaves later.
    """
    if seconds <= 0 or line <= 0:
        return per_minute
    most = max(_BURST * per_minute, _LEAVING_LEAST)
    now = max(-most, min(most, left * 60 / line / seconds))
    return max(0.0, per_minute + _weight(seconds, open_seconds) * (now - per_minute))


def follow_presence(share: float, present: int, absent: int) -> float:
    """Go on with the part that is there of those whose turn comes."""
    turns = present + absent
    if not turns:
        return share
    return share + turns / (turns + _TURNS_REMEMBERED) * (present / turns - share)


def _weight(seconds: float, open_seconds: float) -> float:
    return max(1 - math.exp(-seconds / _MEMORY_SECONDS), min(1.0, seconds / open_seconds))
