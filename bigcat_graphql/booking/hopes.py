"""Limits within a batch: what its accounts will have if their wishes so far are met."""

from collections import Counter
from dataclasses import dataclass, field, replace
from uuid import UUID

from bigcat_graphql.booking import hoarding, rules
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.wish import Wish
from bigcat_graphql.settings import get_settings


@dataclass(slots=True)
class Hopes:
    """What the accounts of a batch will have if their wishes so far are met."""

    seats: Counter[tuple[UUID, UUID]] = field(default_factory=Counter)
    bookings: Counter[UUID] = field(default_factory=Counter)

    def add(self, wish: Wish, seat_count: int) -> None:
        """Count what a wish is about to take."""
        self.seats[wish.concert_id, wish.intent.account_id] += seat_count
        self.bookings[wish.intent.account_id] += 1

    def see(self, sale: Sale, account_id: UUID) -> Sale:
        """See a sale as it would then be for its account."""
        if account_id not in self.bookings:
            return sale
        seats = self.seats[sale.concert_id, account_id]
        return replace(
            sale,
            tickets_held=sale.tickets_held + seats,
            pending_bookings=sale.pending_bookings + self.bookings[account_id],
            seat_seconds_kept=sale.seat_seconds_kept + seats * get_settings().reservation_seconds,
        )


def check_limits(sale: Sale, wish: Wish) -> None:
    """Refuse a wish that goes over a limit.

    Raises:
        InvalidInput: no seat is asked for.
        LimitExceeded: which of them it is, says its kind.
    """
    quantity = rules.quantity_of(wish.selection)
    path = rules.path_of(wish.selection, "selection")
    rules.check_quantity(sale, quantity, path=path)
    hoarding.check_pending(sale)
    seat_seconds = quantity * get_settings().reservation_seconds
    hoarding.check_seat_minutes(sale, seat_seconds, path=path)
