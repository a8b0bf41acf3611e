"""How long an offer is good: a pure function of the time to the show and of the night."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_SHORTEST = timedelta(minutes=15)
_LONGEST = timedelta(hours=12)
# An offer is good for an eighth of the time that is left to the show.
_SHARE = 8
# Who is offered seats at night may sleep, and then has half an hour.
_NIGHT_BEGINS = time(22)
_NIGHT_ENDS = time(8)
_MORNING = timedelta(minutes=30)
# Nobody pays for a show that is about to begin in less time than it takes to pay.
_BEFORE_START = timedelta(minutes=5)


def offer_until(now: datetime, *, starts_at: datetime, time_zone: str) -> datetime:
    """Say until when an offer made now is good; never beyond the start of the show."""
    lasting = min(max((starts_at - now) / _SHARE, _SHORTEST), _LONGEST)
    until = max(now + lasting, _end_of_night(now, ZoneInfo(time_zone)))
    return max(min(until, starts_at - _BEFORE_START), now + timedelta(minutes=1))


def _end_of_night(now: datetime, zone: ZoneInfo) -> datetime:
    """Give half past eight in the morning where it is night now, else now."""
    local = now.astimezone(zone)
    if _NIGHT_ENDS <= local.time() < _NIGHT_BEGINS:
        return now
    day = local.date() + timedelta(days=local.time() >= _NIGHT_BEGINS)
    return datetime.combine(day, _NIGHT_ENDS, zone) + _MORNING
