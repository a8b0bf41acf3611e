"""Small halls that exist in memory only, and what the database would say about their seats."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bigcat_graphql.booking.events import SeatChange
from bigcat_graphql.catalogue import Area, Plan
from bigcat_graphql.ids import new_id
from bigcat_graphql.live.reading import SeatReading
from bigcat_graphql.models import SeatStatus

NOON = datetime(2026, 11, 6, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def make_hall(*, seats: int = 5, places: Sequence[int] = ()) -> Plan:
    """Make a plan with numbered seats, and an area `area0`, `area1`, … for each of `places`."""
    areas = []
    first_index = seats
    for number, count in enumerate(places):
        areas.append(Area(f"area{number}", "Floor", first_index, count, "f", None))
        first_index += count
    return Plan(
        id=new_id(),
        venue_id=new_id(),
        version=3,
        name="End stage",
        width=400,
        height=300,
        seat_count=seats,
        total_count=first_index,
        content_hash="",
        tiers=(),
        sections=(),
        areas=tuple(areas),
        marks=(),
    )


@dataclass
class Row:
    """A seat's row in the database."""

    status: SeatStatus = SeatStatus.AVAILABLE
    version: int = 0
    reserved_until: datetime | None = None

    def shown(self, now: datetime) -> str:
        lapsed = self.reserved_until is not None and self.reserved_until <= now
        return "A" if lapsed else self.status.value


class Table:
    """The database's truth about one concert."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows = [Row() for _ in range(plan.total_count)]

    def change(
        self, index: int, status: SeatStatus, reserved_until: datetime | None = None
    ) -> SeatChange:
        """Change a seat, and tell about it as booking does."""
        row = self.rows[index]
        row.status, row.version, row.reserved_until = status, row.version + 1, reserved_until
        return SeatChange(index, status, row.version, reserved_until)

    def read(self, now: datetime = NOON) -> SeatReading:
        return SeatReading(
            read_at=now,
            letters="".join(row.status for row in self.rows).encode(),
            versions=array("i", [row.version for row in self.rows]),
            reserved_until={
                index: row.reserved_until
                for index, row in enumerate(self.rows)
                if row.reserved_until is not None
            },
            plan_id=self.plan.id,
        )

    def letters(self, now: datetime) -> str:
        """What viewers should see of the numbered seats."""
        return "".join(row.shown(now) for row in self.rows[: self.plan.seat_count])

    def places(self, area: Area, now: datetime) -> str:
        """What viewers should count in an area."""
        rows = self.rows[area.first_index : area.first_index + area.place_count]
        return "".join(row.shown(now) for row in rows)
