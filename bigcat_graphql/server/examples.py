"""Examples for the explorer's tabs: concerts, seats and areas that can be booked right now."""

from collections.abc import Iterable

from bigcat_graphql import catalogue, live, models
from bigcat_graphql.schema.ids import write_id

_LOOKED_AT = 50


async def find_examples() -> dict[str, object]:
    """Find a concert with two free seats side by side, and one with a standing area."""
    concerts = await _concerts_on_sale()
    return {**await _seated_example(concerts), **await _standing_example(concerts)}


async def _concerts_on_sale() -> list[models.Concert]:
    page = await catalogue.search_concerts(
        catalogue.ConcertFilter(status=(models.ConcertStatus.ON_SALE,), available=True),
        catalogue.ConcertOrder(),
        catalogue.PageRequest(first=_LOOKED_AT),
    )
    # What is free of charge is confirmed at once: nothing would be left to change or to pay.
    return [concert for concert in page.items if concert.plan_id and concert.lowest_price_minor]


async def _seated_example(concerts: Iterable[models.Concert]) -> dict[str, object]:
    for concert in concerts:
        snapshot = await live.snapshot_of(concert.id)
        free = snapshot.statuses.find("AA") if snapshot else -1
        if snapshot is not None and free >= 0:
            return {
                "slug": concert.slug,
                "concertId": write_id("Concert", concert.id),
                "planVersion": snapshot.plan_version,
                "seatIndexes": [free, free + 1],
            }
    return {}


async def _standing_example(concerts: Iterable[models.Concert]) -> dict[str, object]:
    for concert in concerts:
        snapshot = await live.snapshot_of(concert.id)
        for area in snapshot.areas if snapshot else ():
            if area.counts.available >= 2:
                return {
                    "standingConcertId": write_id("Concert", concert.id),
                    "areaKey": area.area_key,
                }
    return {}
