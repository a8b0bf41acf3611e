"""Joining a waiting list in a hurry."""

import pytest

from bigcat_graphql import database
from bigcat_graphql.accounts import RateLimited
from bigcat_graphql.settings import override_settings
from bigcat_graphql.waitlist import Wish, join_waitlist
from tests.waitlist.lists import make_fan, make_sold_out

pytestmark = pytest.mark.usefixtures("database")


async def test_who_changes_the_wishes_again_and_again_is_told_when_to_come_back() -> None:
    concert, _ = await make_sold_out(holders=[range(4), range(4, 8), (8, 9)])
    fan = await make_fan()
    with override_settings(joins_per_minute=1 / 60, joins_burst=3):
        places = {
            (await join_waitlist(fan, concert_id=concert.id, wish=Wish(1 + n))).id for n in range(3)
        }
        with pytest.raises(RateLimited) as refused:
            await join_waitlist(fan, concert_id=concert.id, wish=Wish(4))
    assert len(places) == 1
    assert 3_500 < refused.value.retry_after_seconds <= 3_600
    counted = await database.fetch_all("SELECT operation FROM rate_bucket")
    assert [row["operation"] for row in counted] == ["joinWaitlist"]
