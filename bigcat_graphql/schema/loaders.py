"""Loaders that turn many look-ups of one operation into one query each.

They remember what they loaded, so they are made new for each operation and each mutation field.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from bigcat_graphql import accounts, booking, catalogue, models, onsale, payments, waitlist
from bigcat_graphql.errors import NotFound

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")
_SeatKey = tuple[UUID, int]


class Loaders:
    """One loader a kind of thing, made when it is first used."""

    @cached_property
    def concert(self) -> DataLoader[UUID, models.Concert | None]:
        """Concerts by id, DRAFTs too: for what belongs to them and may be seen."""
        return _batch(catalogue.concerts_by_ids)

    @cached_property
    def venue(self) -> DataLoader[UUID, models.Venue | None]:
        """Venues by id."""
        return _batch(catalogue.venues_by_ids)

    @cached_property
    def price_tiers(self) -> DataLoader[UUID, list[models.PriceTier] | None]:
        """Price tiers by concert, the lowest price first."""
        return _batch(catalogue.price_tiers_of)

    @cached_property
    def seat_counts(self) -> DataLoader[UUID, catalogue.SeatCounts | None]:
        """Seats by state, by concert."""
        return _batch(catalogue.seat_counts)

    @cached_property
    def tier_counts(self) -> DataLoader[UUID, dict[str, catalogue.SeatCounts] | None]:
        """Seats by state, by concert and tier code."""
        return _batch(catalogue.tier_counts)

    @cached_property
    def plan(self) -> DataLoader[UUID, catalogue.Plan | None]:
        """Seating plans by id; the catalogue keeps them in memory."""
        return _batch(_plans_by_ids)

    @cached_property
    def seats(self) -> DataLoader[booking.BookingKey, list[booking.SeatState] | None]:
        """Seats by booking."""
        return _batch(booking.seats_of)

    @cached_property
    def tickets(self) -> DataLoader[booking.BookingKey, list[models.Ticket] | None]:
        """Tickets by booking."""
        return _batch(booking.tickets_of)

    @cached_property
    def payment(self) -> DataLoader[booking.BookingKey, models.Payment | None]:
        """The last attempt to pay, by booking."""
        return _batch(payments.latest_payments)

    @cached_property
    def sale_queue(self) -> DataLoader[UUID, onsale.QueueState | None]:
        """Sale queues by concert."""
        return _batch(onsale.queues_of)

    @cached_property
    def attempts(self) -> DataLoader[booking.BookingKey, list[models.Payment] | None]:
        """All attempts to pay, by booking."""
        return _batch(payments.payments_of)

    @cached_property
    def refunds(self) -> DataLoader[booking.BookingKey, list[models.Refund] | None]:
        """What goes back, by booking."""
        return _batch(payments.refunds_of)

    @cached_property
    def waitlist_open(self) -> DataLoader[UUID, bool | None]:
        """Whether one can join the waiting list, by concert."""
        return _batch(waitlist.is_open)

    @cached_property
    def seat(self) -> DataLoader[_SeatKey, booking.SeatState | None]:
        """Single seats, by concert and index; one query a concert."""
        return _batch(self._seats_by_keys)

    def remember_paid(self, paid: payments.Paid) -> None:
        """Spare an operation that has just paid a booking from reading what it wrote."""
        key = booking.BookingKey.of(paid.booking)
        if paid.payment is not None:
            self.payment.prime(key, paid.payment)
        if paid.tickets is not None:
            self.tickets.prime(key, list(paid.tickets))

    async def seen_concert(
        self, concert_id: UUID, viewer: accounts.Viewer | None
    ) -> models.Concert | None:
        """Load a concert that the viewer may see; DRAFTs are few and asked for one by one."""
        concert = await self.concert.load(concert_id)
        if concert is not None and concert.status is models.ConcertStatus.DRAFT:
            return await catalogue.concert_by_id(concert_id, viewer=viewer)
        return concert

    async def plan_of(self, concert_id: UUID) -> catalogue.Plan | None:
        """Load a concert's seating plan; None when it has no seats."""
        concert = await self.concert.load(concert_id)
        if concert is None or concert.plan_id is None:
            return None
        return await self.plan.load(concert.plan_id)

    async def _seats_by_keys(self, keys: Sequence[_SeatKey]) -> dict[_SeatKey, booking.SeatState]:
        found: dict[_SeatKey, booking.SeatState] = {}
        for concert_id in {concert_id for concert_id, _ in keys}:
            plan = await self.plan_of(concert_id)
            if plan is None:
                continue
            indexes = [index for of, index in keys if of == concert_id and index < plan.total_count]
            for seat in await booking.seats_at(concert_id, indexes):
                found[concert_id, seat.index] = seat
        return found


def once_loaded(loading: Awaitable[V], show: Callable[[V], T]) -> T | Awaitable[T]:
    """Show what a loader was asked for: at once if it knows, for whatever is awaited is a task."""
    if isinstance(loading, asyncio.Future) and loading.done():
        return show(loading.result())
    return _show_later(loading, show)


async def _show_later(loading: Awaitable[V], show: Callable[[V], T]) -> T:
    return show(await loading)


async def _plans_by_ids(ids: Sequence[UUID]) -> dict[UUID, catalogue.Plan]:
    found: dict[UUID, catalogue.Plan] = {}
    for plan_id in ids:
        with suppress(NotFound):
            found[plan_id] = await catalogue.plan_by_id(plan_id)
    return found


def _batch(find: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> DataLoader[K, V | None]:
    """Make a loader of a function that finds many at once and leaves out what there is not."""

    async def load(keys: list[K]) -> list[V | None]:
        found = await find(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load)
