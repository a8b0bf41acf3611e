"""Companion seats go only with the accessible seat beside them."""

from collections.abc import Iterable

from bigcat_graphql.booking.hall import Hall, indexes_in, seats_in


def deserted(hall: Hall, seats: Iterable[int]) -> tuple[int, ...]:
    """List the companion seats of a booking that lack the accessible seat beside them.

    Beside it also counts with other companion seats of the booking between. A companion seat
    that no accessible one stands beside in the plan is a seat like any other.
    """
    if not hall.companion:
        return ()
    chosen = seats_in(seats)
    company = hall.companion & chosen
    if not company:
        return ()
    everything = (1 << hall.seat_count) - 1
    return tuple(
        index
        for index in indexes_in(company)
        if not _is_beside(hall, index, chosen) and _is_beside(hall, index, everything)
    )


def _is_beside(hall: Hall, index: int, among: int) -> bool:
    """Say whether an accessible seat among these is reached from here over companion seats."""
    first, last = hall.run(hall.companion & among, index)
    ends = 0
    if hall.joined >> first & 1:
        ends |= 1 << (first - 1)
    if hall.joined >> (last + 1) & 1:
        ends |= 1 << (last + 1)
    return bool(ends & hall.accessible & among)
