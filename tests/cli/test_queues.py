"""`bigcat queue`: what an operator does with sale queues."""

from datetime import timedelta

from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.models import QueuePhase
from bigcat_graphql.onsale import find_draw
from tests.cli.running import answer_of, assert_refused, bigcat
from tests.onsale.queues import state_of
from tests.scenes import make_concert


async def test_a_queue_is_announced_with_its_commitment_and_ended(database: DatabaseUrl) -> None:
    concert = await make_concert(opens_at=utc_now() + timedelta(days=1), slug="night")
    facts = answer_of(await bigcat("queue", "announce", "night", "--json", database=database))
    draw = await find_draw(concert.id)
    assert draw
    assert facts == {"sale_id": draw.sale_id.hex, "commitment": draw.commitment.hex()}
    answer_of(await bigcat("queue", "end", "night", "--json", database=database))
    assert (await state_of(concert)).phase is QueuePhase.CLOSED


async def test_a_sale_that_has_begun_gets_no_queue(database: DatabaseUrl) -> None:
    await make_concert(slug="now")
    assert_refused(await bigcat("queue", "announce", "now", database=database), 1, "ON_SALE")
    assert_refused(await bigcat("queue", "end", "nowhere", database=database), 1, "nowhere")
