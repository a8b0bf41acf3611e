"""How often an account may try to book at one concert: the exact limits are elsewhere."""

from collections.abc import Sequence

from bigcat_graphql.accounts.pace import Pace
from bigcat_graphql.booking.wish import Wish
from bigcat_graphql.errors import DomainError

pace = Pace("bookSeats", lambda settings: (settings.bookings_per_minute, settings.bookings_burst))


async def count_hasty(wishes: Sequence[Wish]) -> tuple[list[Wish], dict[Wish, DomainError]]:
    """Have PostgreSQL count the hasty wishes, in one statement; say which those are, and refuse.

    To be called for new wishes only, which hold their keys: a repeat costs nothing. The accounts'
    rows are locked by then, so that no two batches wait for each other's buckets in a ring.
    """
    hasty = {wish.subject: wish for wish in wishes if wish.is_hasty}
    if not hasty:
        return [], {}
    refused = await pace.count({subject: wish.intent.key for subject, wish in hasty.items()})
    return list(hasty.values()), {hasty[subject]: error for subject, error in refused.items()}
