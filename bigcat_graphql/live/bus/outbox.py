"""What the other nodes have not been told yet: of each seat and booking the newest only."""

from dataclasses import dataclass, field
from uuid import UUID

from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import BookingChanged, Event, SeatChange, SeatsChanged

# Beyond these, comparing is cheaper than reading; and while the bus is away, memory has an end.
SEATS_PER_CONCERT = 1_000
CONCERTS = 500
BOOKINGS = 2_000


@dataclass(slots=True)
class News:
    """What one window brought; `is_everything` says that anything may have changed."""

    seats: dict[UUID, dict[int, SeatChange]] = field(default_factory=dict)
    bookings: dict[BookingKey, int] = field(default_factory=dict)
    unknown: set[UUID] = field(default_factory=set)
    is_everything: bool = False

    def __bool__(self) -> bool:
        return bool(self.is_everything or self.seats or self.bookings or self.unknown)


class Outbox:
    """Changes merge by version, so that a window sends each seat once."""

    def __init__(self) -> None:
        self._news = News()

    def __bool__(self) -> bool:
        return bool(self._news)

    def put(self, event: Event) -> None:
        """Add an event; what is too much becomes "compare this concert", and then "compare all"."""
        news = self._news
        if news.is_everything:
            return
        if isinstance(event, SeatsChanged):
            self._put_seats(event)
        elif isinstance(event, BookingChanged):
            self._put_booking(event)
        else:
            self._compare(event.concert_id)
        if len(news.seats) + len(news.unknown) > CONCERTS or len(news.bookings) > BOOKINGS:
            self.put_everything()

    def put_everything(self) -> None:
        """Have the others compare all that they watch."""
        self._news = News(is_everything=True)

    def take(self) -> News:
        """Empty it."""
        news, self._news = self._news, News()
        return news

    def _put_seats(self, event: SeatsChanged) -> None:
        if event.concert_id in self._news.unknown:
            return
        seats = self._news.seats.setdefault(event.concert_id, {})
        for change in event.changes:
            known = seats.get(change.index)
            if known is None or change.version > known.version:
                seats[change.index] = change
        if len(seats) > SEATS_PER_CONCERT:
            self._compare(event.concert_id)

    def _put_booking(self, event: BookingChanged) -> None:
        # A booking's first version is no news elsewhere: who watches it reads it first. A rush
        # is made of first versions.
        if event.version > 1:
            key = BookingKey(event.concert_id, event.booking_id)
            self._news.bookings[key] = max(event.version, self._news.bookings.get(key, 0))

    def _compare(self, concert_id: UUID) -> None:
        self._news.seats.pop(concert_id, None)
        self._news.unknown.add(concert_id)
