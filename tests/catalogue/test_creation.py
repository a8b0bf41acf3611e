"""Creating concerts."""

import pytest

from bigcat_graphql.catalogue import plan_by_id, price_tiers_of
from bigcat_graphql.database import fetch_all
from bigcat_graphql.models import ConcertStatus
from tests.scenes import make_concert

pytestmark = pytest.mark.usefixtures("database")


async def test_a_concert_gets_one_available_seat_for_each_index_of_its_plan() -> None:
    concert = await make_concert(rows=2, seats_per_row=3, premium_rows=1, floor=4)

    rows = await fetch_all(
        'SELECT "index", tier_code, status FROM seat WHERE concert_id = $1 ORDER BY 1', concert.id
    )
    assert [row["index"] for row in rows] == list(range(10))
    assert "".join(row["tier_code"] for row in rows) == "ppprrrffff"
    assert {row["status"] for row in rows} == {"A"}
    assert concert.status_now == ConcertStatus.ON_SALE
    assert concert.plan_id is not None
    assert (await plan_by_id(concert.plan_id)).tier_codes == "ppprrrffff"
    tiers = (await price_tiers_of([concert.id]))[concert.id]
    assert [(tier.code, tier.price_minor) for tier in tiers] == [
        ("f", 6500),
        ("r", 6500),
        ("p", 9750),
    ]
