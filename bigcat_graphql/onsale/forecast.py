"""How long it will be until a place in line is let in: pure functions.

The line is let run on as it does now: who is inside goes at the rate that was seen, the room for
others shrinks as seats are sold, and some of those who wait give up. What follows is one curve for
everybody, so that one more who asks costs a look into it.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from bigcat_graphql.onsale.rules import Crowd, room_for, tickets_a_session

# So many sessions must have ended before anything is said of when the next ones will.
_SESSIONS_LEAST = 20
_RIPE = 1.25
# By how much sessions seem too long when the sale is open just as long as one: people take their
# time to choose, so few end early. Between what was seen of those, and of sessions without memory.
_UNRIPE = 0.2
_LONGEST_SECONDS = 6 * 3600.0
# Further on, steps grow with how far it is: nobody can tell the second there.
_STEP_SECONDS = 1.0
_STEP_SHARE = 0.03
_LATE_SECONDS = 100
_LEAVING_MOST = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """Who waits, as of the last tick: those of the draw by themselves, for more of them left."""

    head_rank: int
    drawn_rank: int
    last_rank: int
    waiting_drawn: int
    waiting_late: int
    present_share: float


@dataclass(frozen=True, slots=True)
class Pace:
    """What lets the line move on, and what stops it."""

    crowd: Crowd
    session_seconds: float
    open_seconds: float
    leaving_per_minute: float
    per_second_max: float
    admitted_max: int


def count_ahead(rank: int, line: Line) -> float:
    """Say how many will be let in up to a rank, itself included, if nobody leaves any more.

    Those of the draw who are still here count as spread evenly over its ranks, and so do those
    who came late over theirs.
    """
    drawn_from = min(line.head_rank, line.drawn_rank)
    late_from = max(line.head_rank, line.drawn_rank)
    drawn = _share(min(rank, line.drawn_rank) - drawn_from, line.drawn_rank - drawn_from)
    late = _share(min(rank, line.last_rank) - late_from, line.last_rank - late_from)
    newer = max(0, rank - max(line.last_rank, line.head_rank))
    return (drawn * line.waiting_drawn + late * line.waiting_late + newer) * line.present_share


def _share(part: int, whole: int) -> float:
    return max(0, part) / whole if whole > 0 else 0.0


def foresee_wait(ahead: float, pace: Pace) -> int | None:
    """Tell the seconds until so many have been let in; the further off, the rounder.

    Returns:
        None where there is nothing honest to say: sessions have not been seen to end yet, the
        seats will be gone, or it is hours.
    """
    counts, times = _curve(pace)
    place = bisect_left(counts, ahead)
    if place == len(counts):
        return None
    if place == 0:
        return 0
    part = (ahead - counts[place - 1]) / (counts[place] - counts[place - 1])
    return _round(times[place - 1] + part * (times[place] - times[place - 1]))


def _round(seconds: float) -> int:
    whole = math.ceil(seconds)
    digits = 10 ** max(0, len(str(whole)) - 2) if whole >= _LATE_SECONDS else 1
    return round(whole / digits) * digits


@lru_cache(maxsize=256)
def _curve(pace: Pace) -> tuple[list[float], list[float]]:
    """Let the line run on: for which of those who wait now it will have come by when.

    Those ahead melt by e^-lt while they are let in, so whoever has n ahead is in once the sum of
    all that were let in, times e^ls for when each was, has come to n.
    """
    counts, times = [0.0], [0.0]
    seats, inside = float(pace.crowd.seats_left), float(pace.crowd.admitted)
    tickets, ending = tickets_a_session(pace.crowd), _ending_per_second(pace)
    leaving = min(pace.leaving_per_minute, _LEAVING_MOST) / 60
    while times[-1] < _LONGEST_SECONDS and seats >= 1:
        step = max(_STEP_SECONDS, times[-1] * _STEP_SHARE)
        room = room_for(seats, tickets, pace.admitted_max)
        # Implicit, so that sessions may be much shorter than a step.
        left_over = 1 / (1 + ending * step)
        full = (inside + pace.per_second_max * step) * left_over
        then = min(full, max(room, inside * left_over))
        ended = then * ending * step
        let_in = then - inside + ended
        if not (let_in > 0 or ending):
            break
        seats, inside = seats - ended * tickets, then
        counts.append(counts[-1] + max(0.0, let_in) * math.exp(leaving * times[-1]))
        times.append(times[-1] + step)
    return counts, times


def _ending_per_second(pace: Pace) -> float:
    """Say which part of those inside goes in a second: 0 while that is not known.

    The sale must be open somewhat longer than a session lasts. Even then more of the short ones
    have ended than of the long ones, for most began at once: the longer it is open, the fewer.
    """
    ended, seconds = pace.crowd.sessions_ended, max(1.0, pace.session_seconds)
    if ended < _SESSIONS_LEAST or _RIPE * seconds > ended * pace.open_seconds:
        return 0.0
    return ended / seconds * (1 + _UNRIPE * seconds / ended / pace.open_seconds)
