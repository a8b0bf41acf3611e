"""Why seats were not to be had, and what could be had instead."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking.alternatives import Choices, Wanted, find_alternatives
from bigcat_graphql.booking.choosing import Place
from bigcat_graphql.booking.errors import SeatsUnavailable
from bigcat_graphql.booking.judging import labels_of
from bigcat_graphql.booking.rules import Sale
from bigcat_graphql.booking.selection import ChosenSeats
from bigcat_graphql.booking.wish import Wish
from bigcat_graphql.catalogue import plan_by_id
from bigcat_graphql.errors import Busy


async def why_not(sale: Sale, wanted: Wanted) -> SeatsUnavailable | Busy:
    """Say why chosen seats were not to be had."""
    taken = await read_taken([(sale.concert_id, index) for index in wanted.indexes])
    if not taken:
        return Busy()
    found = await find_alternatives([wanted], {sale.concert_id: sale.plan_id})
    return await unavailable(sale.plan_id, taken, taken, found.get(wanted, ()))


async def read_taken(seats: Sequence[Place]) -> dict[Place, int | None]:
    """Read which seats are taken, once all rivals of the statement have committed."""
    rows = await database.fetch_all(
        sql.WHY_NOT, [concert for concert, _ in seats], [index for _, index in seats]
    )
    return {(row["concert_id"], row["index"]): row["seconds_left"] for row in rows}


async def unavailable(
    plan_id: UUID,
    seats: Iterable[Place],
    waits: Mapping[Place, int | None],
    alternatives: Choices,
) -> SeatsUnavailable:
    """Name seats that are taken; waiting helps only if each of them is merely reserved."""
    plan = await plan_by_id(plan_id)
    ordered = sorted(seats, key=lambda place: place[1])
    known = [waits[place] for place in ordered]
    wait = None if None in known else max(1, *(seconds or 0 for seconds in known))
    indexes = tuple(index for _, index in ordered)
    return SeatsUnavailable(indexes, labels_of(plan, indexes), wait, alternatives)


async def advise(wishes: Collection[Wish], plan_ids: Mapping[UUID, UUID]) -> dict[Wish, Choices]:
    """Find other seats for wishes that named theirs."""
    wanted = {
        wish: Wanted(wish.concert_id, frozenset(wish.selection.indexes))
        for wish in wishes
        if isinstance(wish.selection, ChosenSeats)
    }
    found = await find_alternatives(dict.fromkeys(wanted.values()), plan_ids)
    return {wish: found.get(one, ()) for wish, one in wanted.items()}
