"""What search costs: indexes serve it, and the thousandth page as cheaply as the first."""

from typing import Any

import orjson
import pytest

from bigcat_graphql.catalogue import ConcertFilter, ConcertOrderField
from bigcat_graphql.catalogue.concerts import SELECT_CONCERTS
from bigcat_graphql.catalogue.cursors import read_cursor, write_cursor
from bigcat_graphql.catalogue.filters import write_conditions
from bigcat_graphql.catalogue.pages import _Bounds, _Scan
from bigcat_graphql.catalogue.search import keyset_of
from bigcat_graphql.database import execute, fetch_all, fetch_one
from tests.scenes import make_venue

pytestmark = pytest.mark.usefixtures("database")

COUNT = 20_000

# Half of them are sold in two currencies, the other half has no price; one in 1,000 is a rarity.
FILL = """
    INSERT INTO concert (
        id, slug, venue_id, name, artists, starts_at, status, ticket_limit, seats_per_booking,
        currency, lowest_price_minor, local_date, local_time, name_folded, artists_folded,
        search_text, created_at)
    SELECT gen_random_uuid(), 'concert-' || n, $1, 'Night ' || n, '{}',
        '2030-01-01'::timestamptz + n * interval '1 hour', 'PUBLISHED', 8, 8,
        CASE n % 4 WHEN 0 THEN 'EUR' WHEN 1 THEN 'USD' END,
        CASE WHEN n % 4 < 2 THEN n % 500 END,
        '2030-01-01', '20:00', 'night ' || n,
        CASE WHEN n % 1000 = 0 THEN 'rarity' ELSE 'usual ' || n END,
        CASE WHEN n % 1000 = 0 THEN 'rarity' ELSE 'usual ' || n END, now()
    FROM generate_series(1, $2::int) AS n"""


async def fill() -> None:
    venue = await make_venue()
    await execute(FILL, venue.id, COUNT)
    # The index answers from its main part, and the planner knows how much there is.
    await execute("VACUUM ANALYZE concert")


async def explain(sql: str, *args: object, analyze: bool = False) -> dict[str, Any]:
    options = "ANALYZE, BUFFERS, FORMAT JSON" if analyze else "FORMAT JSON"
    row = await fetch_one(f"EXPLAIN ({options}) {sql}", *args)
    assert row is not None
    plan: dict[str, Any] = orjson.loads(row[0])[0]["Plan"]
    return plan


def indexes_of(plan: dict[str, Any]) -> set[str]:
    own = {plan["Index Name"]} if "Index Name" in plan else set()
    return own.union(*[indexes_of(inner) for inner in plan.get("Plans", [])])


def blocks_of(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


def scan_of(field: ConcertOrderField, *, descending: bool) -> _Scan:
    order = keyset_of(field, descending=descending)
    return _Scan(SELECT_CONCERTS, write_conditions(ConcertFilter()), order)


async def explain_page(scan: _Scan, segment: int, cursor: str | None) -> dict[str, Any]:
    where = scan.within(segment, _Bounds(read_cursor("after", cursor, scan.order), None))
    assert where is not None
    sql = scan.statement(segment, where, 21, backward=False)
    return await explain(sql, *where.args, analyze=True)


async def test_rare_words_are_found_by_the_index_of_their_trigrams() -> None:
    await fill()

    for chosen, index in (
        (ConcertFilter(text="rarit"), "concert_search"),
        (ConcertFilter(artist="rarit"), "concert_artists"),
    ):
        where = write_conditions(chosen)
        plan = await explain(f"{SELECT_CONCERTS} WHERE {where}", *where.args)
        assert index in indexes_of(plan)


@pytest.mark.parametrize("descending", [False, True])
async def test_every_page_of_every_order_reads_about_as_much_as_the_first(
    *, descending: bool
) -> None:
    await fill()

    for field, indexes in {
        ConcertOrderField.STARTS_AT: ["concert_by_start"],
        ConcertOrderField.NAME: ["concert_by_name"],
        # Concerts without a price, here half of all, go by id alone.
        ConcertOrderField.PRICE: ["concert_by_price", "concert_pkey"],
    }.items():
        scan = scan_of(field, descending=descending)
        for segment, index in enumerate(indexes):
            where = scan.within(segment, _Bounds(None, None))
            assert where is not None
            deep = scan.statement(segment, where, 9_000, backward=False)
            row = (await fetch_all(deep, *where.args))[-1]
            cursor = write_cursor(scan.order, segment, row)

            first = await explain_page(scan, segment, None)
            thousandth = await explain_page(scan, segment, cursor)

            assert indexes_of(first) == indexes_of(thousandth) == {index}
            # Some tens of blocks either way; with OFFSET it would be some hundreds or more.
            assert blocks_of(thousandth) <= 3 * blocks_of(first) + 30
