"""Single seats: nobody may choose so that one is left alone, where moving along would avoid it."""

from bigcat_graphql.booking.hall import Hall, indexes_in


def left_alone(hall: Hall, free: int, *, had: int = 0, has: int) -> tuple[int, ...]:
    """List the seats that a choice leaves alone in their row, and need not.

    The choice is judged within the gap that it is made in, the run of seats that are free or the
    booking's own: where all but one of them are taken, one is left whichever way, and that is no
    fault. A seat that was alone before is none either.

    Args:
        hall: Of which plan.
        free: The seats that anybody could take before.
        had: The seats that the booking had before; of a new one none.
        has: The seats that it has now.
    """
    gaps = free | had
    new = hall.singles(gaps & ~has) & ~hall.singles(free)
    return tuple(index for index in indexes_in(new) if _is_avoidable(hall, gaps, has, index))


def _is_avoidable(hall: Hall, gaps: int, has: int, index: int) -> bool:
    first, last = hall.run(gaps, index)
    length = last - first + 1
    in_gap = has >> first & ((1 << length) - 1)
    return length - in_gap.bit_count() != 1
