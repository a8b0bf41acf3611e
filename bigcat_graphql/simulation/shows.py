"""Concerts on sale: when one is nearly sold out, the next opens, so that the rush goes on."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from bigcat_graphql import catalogue
from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import SeatType
from bigcat_graphql.money import Money
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.simulation.box_office import BoxOffice, Person, WrongAnswer
from bigcat_graphql.simulation.mutations import LOOK

FLOOR = "floor"
_SEATS_PER_ROW = 20
_OPEN_AT_ONCE = 3
_SOLD_OUT_BELOW = 0.1
_LOOK_EVERY_SECONDS = 0.5
# Buyers are there before the sale opens, and are told so.
_OPENS_IN = timedelta(seconds=1)
_TICKET_LIMIT = 8


@dataclass(slots=True)
class Show:
    """A concert as buyers last saw it."""

    concert_id: UUID
    plan_version: int = 1
    seat_count: int = 0
    statuses: str = ""

    @property
    def id(self) -> str:
        """Its global id."""
        return write_id("Concert", self.concert_id)

    @property
    def free_share(self) -> float:
        """How much of it is left."""
        return self.statuses.count("A") / len(self.statuses) if self.statuses else 1.0


@dataclass(slots=True)
class Shows:
    """The concerts that are sold now, the newest last."""

    venue_id: UUID
    plan_id: UUID
    # Nobody's account, so that looking has a budget of its own.
    visitor: Person = field(default_factory=lambda: Person("10.255.255.1"))
    open: list[Show] = field(default_factory=list)
    made: int = 0

    @classmethod
    async def build(cls, buyers: int) -> "Shows":
        """Build the hall, with fewer seats than buyers, and open its first concert."""
        venue = await catalogue.create_venue(
            catalogue.VenueDraft(
                name="Simulation Hall", city="Austin", country="US", time_zone="America/Chicago"
            )
        )
        plan = await catalogue.publish_plan(venue.id, _draw(buyers))
        shows = cls(venue.id, plan.id)
        await shows.add()
        return shows

    def pick(self, dice: random.Random) -> Show:
        """Choose one of them, mostly the newest."""
        return dice.choices(self.open, range(1, len(self.open) + 1))[0]

    async def add(self) -> None:
        """Put one more concert on sale in a moment."""
        now = utc_now()
        concert = await catalogue.create_concert(
            catalogue.ConcertDraft(
                venue_id=self.venue_id,
                plan_id=self.plan_id,
                artists=["The Rush"],
                starts_at=now + timedelta(days=30),
                opens_at=now + _OPENS_IN,
                ticket_limit=_TICKET_LIMIT,
                prices=[catalogue.PriceDraft(code, Money(6500, "USD")) for code in "rf"],
            )
        )
        self.made += 1
        self.open = [*self.open, Show(concert.id)][-_OPEN_AT_ONCE:]

    async def keep_open(self, office: BoxOffice) -> None:
        """Look at every hall again and again, and open the next in time; until cancelled."""
        while True:
            for show in self.open:
                await self._look(show, office)
            if self.open[-1].free_share < _SOLD_OUT_BELOW:
                await self._add_somehow()
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _look(self, show: Show, office: BoxOffice) -> None:
        try:
            hall = await office.ask(self.visitor, LOOK, {"id": show.id})
        except WrongAnswer:
            return  # it is in the ledger
        show.plan_version = hall["plan"]["version"]
        show.seat_count = hall["plan"]["seatCount"]
        show.statuses = hall["availability"]["statuses"]

    async def _add_somehow(self) -> None:
        try:
            await self.add()
        except DomainError:
            # PostgreSQL was killed meanwhile; the next round tries again, and a concert that was
            # made all the same is one that nobody visits.
            return


def _draw(buyers: int) -> catalogue.PlanDraft:
    rows = max(2, buyers // (2 * _SEATS_PER_ROW))
    return catalogue.PlanDraft(
        name="Rows and a floor",
        width=800,
        height=200 + 30 * rows,
        tiers=[
            catalogue.PlanTier("r", "Seats", SeatType.REGULAR, "#1d4ed8"),
            catalogue.PlanTier("f", "Floor", SeatType.REGULAR, "#15803d"),
        ],
        sections=[
            catalogue.SectionDraft(
                "stalls",
                "Stalls",
                [catalogue.RowDraft(str(row + 1), _SEATS_PER_ROW, "r") for row in range(rows)],
            )
        ],
        areas=[catalogue.AreaDraft(FLOOR, "Floor", max(10, buyers // 8), "f")],
    )
