"""Tickets as their buyers have them."""

from dataclasses import dataclass

import pytest

from bigcat_graphql import booking
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey, ticket_keys
from bigcat_graphql.models import Booking, Concert, Ticket
from bigcat_graphql.notifications.tickets.sheets import Sheaf, read_sheaf
from tests.booking.verbs import book
from tests.scenes import make_buyer, make_concert


@dataclass(frozen=True, slots=True)
class Bought:
    """A confirmed booking with its tickets, in seat order."""

    concert: Concert
    buyer: Viewer
    booking: Booking
    tickets: list[Ticket]

    async def sheaf(self) -> Sheaf:
        return await read_sheaf(self.booking)


@pytest.fixture(autouse=True)
def no_keys_of_before() -> None:
    """The keys went with the database of the last test."""
    ticket_keys.forget_keys()


@pytest.fixture
async def bought(database: object) -> Bought:
    """Two tickets, free of charge: how they were paid for is not what these tests are about."""
    del database
    concert = await make_concert(price_minor=0, tour_name="Symphony No. 7", artists=["The Hall"])
    buyer = await make_buyer()
    made = await book(buyer, concert, 0, 1)
    key = BookingKey.of(made)
    return Bought(concert, buyer, made, (await booking.tickets_of([key]))[key])
