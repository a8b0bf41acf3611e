"""Rows of the hot statements, read as what they mean."""

from collections.abc import Iterable

from asyncpg import Record

from bigcat_graphql.booking.events import SeatChange
from bigcat_graphql.models import SeatStatus


def changes_of(rows: Iterable[Record]) -> tuple[SeatChange, ...]:
    """Read the seats that a statement changed."""
    return tuple(
        SeatChange(row["index"], SeatStatus(row["status"]), row["version"], row["reserved_until"])
        for row in rows
    )
