"""Which concerts: each condition of a filter, and the SQL that says it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Generic, TypeVar
from uuid import UUID

from bigcat_graphql.catalogue.availability import LAPSED
from bigcat_graphql.catalogue.statements import Conditions, escape_like, is_storable
from bigcat_graphql.catalogue.status import shown_as
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import ConcertStatus, SeatType
from bigcat_graphql.money import Money, decimals
from bigcat_graphql.text import fold

T = TypeVar("T", date, datetime, time)

_LONGEST_TEXT = 200
_LARGEST_RADIUS_KM = 20_000
_LARGEST_MINOR = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Range(Generic[T]):
    """From `start` to `end`; None means no limit."""

    start: T | None = None
    end: T | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """A circle on the earth; degrees north and east (WGS 84), kilometres."""

    latitude: float
    longitude: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class ConcertFilter:
    """Conditions that must all hold; None means any.

    `local_date_range` includes both ends; `starts_at` and `local_time` leave out their end, and a
    `local_time` whose start is later than its end runs over midnight. `seat_types`, `max_price`
    and `available` hold for one and the same price tier; `available=False` means that no such
    tier has a seat left.
    """

    text: str | None = None
    artist: str | None = None
    venue: str | None = None
    city: str | None = None
    near: Near | None = None
    local_date: date | None = None
    local_date_range: Range[date] = field(default_factory=Range)
    starts_at: Range[datetime] = field(default_factory=Range)
    local_time: Range[time] = field(default_factory=Range)
    seat_types: Sequence[SeatType] | None = None
    max_price: Money | None = None
    available: bool | None = None
    status: Sequence[ConcertStatus] | None = None
    venue_id: UUID | None = None


def write_conditions(chosen: ConcertFilter) -> Conditions:
    """Write a filter as conditions on `concert c`; a DRAFT never meets them.

    Raises:
        InvalidArgument: naming the part of the filter that makes no sense.
    """
    where = Conditions()
    for write in (_in_status, _with_words, _of_venue, _near, _on_dates, _at_instants, _at_times):
        write(where, chosen)
    _with_tier(where, chosen)
    return where


def _in_status(where: Conditions, chosen: ConcertFilter) -> None:
    if chosen.status is None:
        where.add("c.status <> 'DRAFT'")
        return
    if not chosen.status:
        raise InvalidArgument("filter.status", "must name at least one, or be left out")
    for condition in shown_as(set(chosen.status)):
        where.add(condition)


def _with_words(where: Conditions, chosen: ConcertFilter) -> None:
    for word in _fold("filter.text", chosen.text).split():
        where.add("c.search_text LIKE {}", f"%{escape_like(word)}%")
    if artist := _fold("filter.artist", chosen.artist):
        where.add("c.artists_folded LIKE {}", f"%{escape_like(artist)}%")


def _of_venue(where: Conditions, chosen: ConcertFilter) -> None:
    if chosen.venue_id is not None:
        where.add("c.venue_id = {}", chosen.venue_id)
    if name := _fold("filter.venue", chosen.venue):
        where.add(_IN_VENUES + "v.name_folded LIKE {})", f"%{escape_like(name)}%")
    if city := _fold("filter.city", chosen.city):
        where.add(_IN_VENUES + "v.city_folded LIKE {})", f"%{escape_like(city)}%")


_IN_VENUES = "c.venue_id IN (SELECT v.id FROM venue v WHERE "


def _near(where: Conditions, chosen: ConcertFilter) -> None:
    near = chosen.near
    if near is None:
        return
    for name, value, limit in (
        ("latitude", near.latitude, 90),
        ("longitude", near.longitude, 180),
    ):
        if not -limit <= value <= limit:
            raise InvalidArgument(f"filter.near.{name}", f"must be -{limit} to {limit}")
    if not 0 < near.radius_km <= _LARGEST_RADIUS_KM:
        limit_text = f"must be more than 0 and at most {_LARGEST_RADIUS_KM:,}"
        raise InvalidArgument("filter.near.radiusKm", limit_text)
    where.add(
        _IN_VENUES + _WITHIN,
        math.radians(near.latitude),
        math.radians(near.longitude),
        near.radius_km,
    )


# The haversine formula, exact enough on a sphere of the earth's mean radius (IUGG): half a percent.
# LEAST keeps rounding from asking asin for more than 1, opposite on the globe.
_WITHIN = """
    2 * 6371.0088 * asin(least(1.0, sqrt(
        sin((radians(v.latitude) - {0}::float8) / 2) ^ 2
        + cos(radians(v.latitude)) * cos({0}::float8)
        * sin((radians(v.longitude) - {1}::float8) / 2) ^ 2
    ))) <= {2}::float8)"""


def _on_dates(where: Conditions, chosen: ConcertFilter) -> None:
    if chosen.local_date is not None:
        where.add("c.local_date = {}", chosen.local_date)
    days = chosen.local_date_range
    _check_direction("filter.localDateRange", days)
    if days.start is not None:
        where.add("c.local_date >= {}", days.start)
    if days.end is not None:
        where.add("c.local_date <= {}", days.end)


def _at_instants(where: Conditions, chosen: ConcertFilter) -> None:
    start = _instant("filter.startsAt.from", chosen.starts_at.start)
    end = _instant("filter.startsAt.to", chosen.starts_at.end)
    _check_direction("filter.startsAt", Range(start, end))
    if start is not None:
        where.add("c.starts_at >= {}", start)
    if end is not None:
        where.add("c.starts_at < {}", end)


def _at_times(where: Conditions, chosen: ConcertFilter) -> None:
    start, end = chosen.local_time.start, chosen.local_time.end
    if start is not None and end is not None and start > end:
        where.add(f"({_LOCAL_TIME} >= {{}} OR {_LOCAL_TIME} < {{}})", start, end)
        return
    if start is not None:
        where.add(f"{_LOCAL_TIME} >= {{}}", start)
    if end is not None:
        where.add(f"{_LOCAL_TIME} < {{}}", end)


# Tortoise's TimeField is a `timetz`; the cast takes its clock as it reads and drops the zone.
_LOCAL_TIME = "c.local_time::time"


def _with_tier(where: Conditions, chosen: ConcertFilter) -> None:
    tier = where.within("t.concert_id = c.id")
    if chosen.seat_types is not None:
        if not chosen.seat_types:
            raise InvalidArgument("filter.seatTypes", "must name at least one, or be left out")
        tier.add("t.seat_type = ANY({}::text[])", [kind.value for kind in chosen.seat_types])
    if chosen.max_price is not None:
        _check_price(chosen.max_price)
        tier.add("t.currency = {}", chosen.max_price.currency)
        tier.add("t.price_minor <= {}", chosen.max_price.amount_minor)

    if chosen.seat_types is not None or chosen.max_price is not None or chosen.available:
        wanted = f"{tier} AND {_HAS_FREE_SEAT}" if chosen.available else str(tier)
        where.add(f"EXISTS (SELECT FROM price_tier t WHERE {wanted})")
    if chosen.available is False:
        where.add(f"NOT EXISTS (SELECT FROM price_tier t WHERE {tier} AND {_HAS_FREE_SEAT})")


# "Free" is AVAILABLE, or RESERVED with its time over and nobody waiting; an index serves each.
_HAS_FREE_SEAT = f"""(
    EXISTS (
        SELECT FROM seat s
        WHERE s.concert_id = t.concert_id AND s.tier_code = t.code AND s.status = 'A'
    ) OR EXISTS (
        SELECT FROM seat
        WHERE seat.concert_id = t.concert_id AND seat.tier_code = t.code AND {LAPSED}
    ))"""


def _fold(argument: str, text: str | None) -> str:
    if text is None:
        return ""
    if len(text) > _LONGEST_TEXT:
        raise InvalidArgument(argument, f"must have at most {_LONGEST_TEXT} characters")
    if not is_storable(text):
        raise InvalidArgument(argument, "has characters that text cannot have")
    return fold(text)


def _instant(argument: str, instant: datetime | None) -> datetime | None:
    if instant is None:
        return None
    if instant.utcoffset() is None:
        raise InvalidArgument(argument, "needs an offset")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise InvalidArgument(argument, "is too far from now") from None


def _check_direction(argument: str, limits: Range[date] | Range[datetime]) -> None:
    if limits.start is not None and limits.end is not None and limits.start > limits.end:
        raise InvalidArgument(argument, "`from` must not be later than `to`")


def _check_price(price: Money) -> None:
    try:
        decimals(price.currency)
    except ValueError as error:
        raise InvalidArgument("filter.maxPrice.currency", str(error)) from None
    if not 0 <= price.amount_minor <= _LARGEST_MINOR:
        raise InvalidArgument("filter.maxPrice.amount", "must be from 0 up, and not so large")
