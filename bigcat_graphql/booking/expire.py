"""The sweeper: tells of time that is over, which the predicates knew all along."""

import asyncio
from collections import defaultdict
from uuid import UUID

import structlog
from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts.pace import forget_full_buckets
from bigcat_graphql.booking.events import (
    BookingChanged,
    BookingEnded,
    Event,
    SeatsChanged,
    tell,
    tell_within,
)
from bigcat_graphql.booking.freeing import hand_out_freed
from bigcat_graphql.booking.idempotency import FORGET_KEYS
from bigcat_graphql.booking.rows import changes_of
from bigcat_graphql.models import BookingEndReason
from bigcat_graphql.settings import get_settings

# Bookings whose time is over become EXPIRED, and ended when it was over; another node's share is
# skipped, not waited for.
_EXPIRE_BOOKINGS = """
WITH lapsed AS (
  SELECT concert_id, id FROM booking
  -- Only PENDING ones have such a time, by a constraint; said by their status, all of them might
  -- be read.
  WHERE reserved_until <= now()
  ORDER BY reserved_until
  LIMIT $1
  FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE booking b
SET status = 'EXPIRED', reserved_until = NULL, ended_at = b.reserved_until,
    end_reason = 'TIME_OVER', version = b.version + 1
FROM lapsed WHERE b.concert_id = lapsed.concert_id AND b.id = lapsed.id
RETURNING b.concert_id, b.id, b.version
"""

# Seats whose time is over become AVAILABLE. It asks the seats, not their bookings: a seat whose
# taker rolled back after its old booking EXPIRED is found as well.
_FREE_LAPSED_SEATS = """
WITH lapsed AS (
  SELECT concert_id, index FROM seat
  WHERE status = 'R' AND reserved_until <= now()
  ORDER BY concert_id, index
  LIMIT $1
  FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE seat s
SET status = 'A', booking_id = NULL, price_minor = NULL, reserved_until = NULL,
    version = s.version + 1
FROM lapsed WHERE s.concert_id = lapsed.concert_id AND s.index = lapsed.index
RETURNING s.concert_id, s.index, s.status, s.version, s.reserved_until
"""

_LOG = structlog.get_logger()
# Small enough that no buyer waits long for a row that a sweep has locked.
_BATCH_MAX = 1_000
_FORGET_EVERY_SECONDS = 600.0


async def sweep(limit: int = _BATCH_MAX) -> int:
    """Write EXPIRED and AVAILABLE where time is over, and tell; any number of nodes may.

    Returns:
        How many bookings and seats were changed, at most `limit` of each.
    """

    async def work() -> tuple[int, list[Event]]:
        bookings = await database.fetch_all(_EXPIRE_BOOKINGS, limit)
        await tell_within([_ended(booking) for booking in bookings])
        seats = await database.fetch_all(_FREE_LAPSED_SEATS, limit)
        events = [*_seats_by_concert(seats), *(_changed(booking) for booking in bookings)]
        events += await hand_out_freed(seat["concert_id"] for seat in seats)
        return len(bookings) + len(seats), events

    count, events = await database.run_transaction(work)
    tell(events)
    return count


async def sweep_for_ever() -> None:
    """Sweep every `sweep_seconds`, and at once again while there is more; errors are logged.

    Safety never depends on this: it may fail, stop, or run anywhere else as well.
    """
    forget_at = 0.0
    loop = asyncio.get_running_loop()
    while True:
        try:
            if loop.time() >= forget_at:
                forget_at = loop.time() + _FORGET_EVERY_SECONDS
                if await _forget():
                    forget_at = 0.0
            if await sweep() >= _BATCH_MAX:
                continue
        except Exception as error:  # noqa: BLE001 - a loop that died would tell nobody any more
            _LOG.warning("sweep_failed", error=str(error))
        await asyncio.sleep(get_settings().sweep_seconds)


async def _forget() -> bool:
    """Forget old keys and full buckets, a batch of each; say whether there may be more keys.

    A rush writes more in a minute than one batch takes away.
    """
    forgotten = await database.execute(FORGET_KEYS, _BATCH_MAX)
    await forget_full_buckets(_BATCH_MAX)
    return forgotten == f"DELETE {_BATCH_MAX}"


def _seats_by_concert(seats: list[Record]) -> list[Event]:
    grouped: dict[UUID, list[Record]] = defaultdict(list)
    for seat in seats:
        grouped[seat["concert_id"]].append(seat)
    return [SeatsChanged(concert, changes_of(rows)) for concert, rows in grouped.items()]


def _ended(booking: Record) -> BookingEnded:
    return BookingEnded(booking["concert_id"], booking["id"], BookingEndReason.TIME_OVER)


def _changed(booking: Record) -> Event:
    return BookingChanged(booking["concert_id"], booking["id"], booking["version"])
