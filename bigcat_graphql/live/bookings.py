"""Bookings that somebody watches: a bell for each, rung when it has changed."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, find_booking
from bigcat_graphql.booking.events import BookingChanged
from bigcat_graphql.database import fetch_all
from bigcat_graphql.errors import InvalidArgument
from bigcat_graphql.models import Booking, BookingStatus

# The versions of all watched bookings in one statement, however many there are.
_VERSIONS = """
SELECT b.concert_id, b.id, b.version
FROM unnest($1::uuid[], $2::uuid[]) AS watched (concert_id, id)
JOIN booking b ON b.concert_id = watched.concert_id AND b.id = watched.id
"""


_RETRY_SECONDS = 1.0


class _Bell:
    """Rings for everybody who watches one booking."""

    def __init__(self) -> None:
        self.holders = 0
        self.version = 0
        self.rung = asyncio.Event()

    def ring(self) -> None:
        # Whoever waits holds the old event; whoever comes from now on waits for the next.
        self.rung.set()
        self.rung = asyncio.Event()


class WatchedBookings:
    """The bookings that are watched on this node."""

    def __init__(self) -> None:
        self._bells: dict[BookingKey, _Bell] = {}

    async def watch(
        self, viewer: Viewer | None, key: BookingKey, since: int | None
    ) -> AsyncGenerator[Booking, None]:
        """Give the booking if it is newer than `since`, and then after each change.

        Whether the viewer may see it is asked each time. Steps in between may be left out. The
        moment a PENDING booking's time is over is a change too: its version follows when the
        sweeper writes it down.

        Raises:
            InvalidArgument: there is no such booking, or it is somebody else's.
        """
        shown: tuple[int, BookingStatus] | None = None
        with self._hold(key) as bell:
            while self._bells.get(key) is bell:
                # Taken before reading: a change that commits meanwhile rings this very one.
                rung = bell.rung
                booking = await _find(viewer, key, patiently=shown is not None)
                bell.version = booking.version
                seen = (booking.version, booking.status_now)
                is_news = seen != shown if shown else since is None or booking.version > since
                shown = seen
                if is_news:
                    yield booking
                await _wait(rung, booking.seconds_left)

    def receive(self, event: BookingChanged) -> None:
        """Ring for those who watch it."""
        bell = self._bells.get(BookingKey(event.concert_id, event.booking_id))
        if bell is not None:
            bell.version = max(bell.version, event.version)
            bell.ring()

    async def compare(self) -> None:
        """Ring for what changed in the database and nobody told."""
        if not self._bells:
            return
        keys = list(self._bells)
        rows = await fetch_all(
            _VERSIONS, [key.concert_id for key in keys], [key.booking_id for key in keys]
        )
        for row in rows:
            bell = self._bells.get(BookingKey(row["concert_id"], row["id"]))
            if bell is not None and row["version"] != bell.version:
                bell.version = row["version"]
                bell.ring()

    def close(self) -> None:
        """Let everybody's watching end."""
        bells, self._bells = self._bells, {}
        for bell in bells.values():
            bell.ring()

    @contextmanager
    def _hold(self, key: BookingKey) -> Iterator[_Bell]:
        bell = self._bells.setdefault(key, _Bell())
        bell.holders += 1
        try:
            yield bell
        finally:
            bell.holders -= 1
            if not bell.holders and self._bells.get(key) is bell:
                del self._bells[key]


async def _find(viewer: Viewer | None, key: BookingKey, *, patiently: bool) -> Booking:
    """Find the booking; who has seen it already rather waits for the database to come back."""
    while True:
        try:
            booking = await find_booking(viewer, key)
        except Exception:
            if not patiently:
                raise
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            if booking is None:
                raise InvalidArgument("bookingId", "you have no such booking")
            return booking


async def _wait(rung: asyncio.Event, seconds: float | None) -> None:
    """Wait for the bell, or until the booking's time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await rung.wait()
