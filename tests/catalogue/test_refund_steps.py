"""What an organizer may promise to give back, and to whom the promise holds."""

from uuid import uuid4

import pytest

from bigcat_graphql import booking, database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.catalogue import RefundStep, concert_by_id, set_refund_steps
from bigcat_graphql.catalogue.refund_steps import check_refund_steps
from bigcat_graphql.errors import InvalidInput, NotFound
from bigcat_graphql.models import Booking
from tests.booking.verbs import book, pay
from tests.scenes import make_buyer, make_concert

THRIFTY = (RefundStep(720, 100), RefundStep(48, 50))


@pytest.mark.parametrize(
    "steps",
    [
        (),
        ((0, 100),),
        ((0, 0),),
        ((336, 100), (48, 50), (0, 10)),
        tuple((9 - n, 9 - n) for n in range(5)),
    ],
)
def test_what_makes_sense_is_taken(steps: tuple[tuple[int, int], ...]) -> None:
    check_refund_steps([RefundStep(*step) for step in steps])


@pytest.mark.parametrize(
    ("steps", "path", "says"),
    [
        (((-1, 50),), ("0", "hoursBefore"), "step 1 must be 0 to"),
        (((10**9, 50),), ("0", "hoursBefore"), "hours before the start"),
        (((48, 101),), ("0", "percent"), "0 to 100 percent"),
        (((48, 100), (24, -1)), ("1", "percent"), "step 2 must be 0 to 100 percent"),
        (((48, 100), (48, 50)), ("1", "hoursBefore"), "nearer to the start"),
        (((24, 100), (48, 50)), ("1", "hoursBefore"), "step 2 must be nearer"),
        (((48, 50), (24, 50)), ("1", "percent"), "must give less"),
        (((48, 50), (24, 100)), ("1", "percent"), "must give less"),
        (tuple((9 - n, 9 - n) for n in range(6)), (), "at most 5 steps"),
    ],
)
def test_what_nobody_can_mean_is_named(
    steps: tuple[tuple[int, int], ...], path: tuple[str, ...], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        check_refund_steps([RefundStep(*step) for step in steps])
    assert refused.value.path == ("refundSteps", *path)


@pytest.mark.usefixtures("database")
async def test_a_concert_is_made_with_its_policy_and_one_that_makes_no_sense_is_not() -> None:
    concert = await make_concert(refund_steps=THRIFTY)
    made = await concert_by_id(concert.id)
    assert made is not None
    assert made.refund_steps == [
        {"hours_before": 720, "percent": 100},
        {"hours_before": 48, "percent": 50},
    ]
    with pytest.raises(InvalidInput) as refused:
        await make_concert(refund_steps=(RefundStep(0, 200),))
    assert refused.value.path == ("refundSteps", "0", "percent")


async def quoted(viewer: Viewer, made: Booking) -> int:
    quote = await booking.quote_cancellation(viewer, name=BookingKey.of(made), ticket_ids=None)
    assert quote is not None
    return quote.refund.amount_minor


@pytest.mark.usefixtures("database")
async def test_a_booking_keeps_the_policy_that_it_was_made_under() -> None:
    concert, buyer = await make_concert(ticket_limit=4), await make_buyer()
    before = await pay(buyer, await book(buyer, concert, 0))
    await set_refund_steps(concert.id, [RefundStep(48, 50)])
    after = await pay(buyer, await book(buyer, concert, 1))
    await set_refund_steps(concert.id, [])
    last = await pay(buyer, await book(buyer, concert, 2))
    assert [await quoted(buyer, one) for one in (before, after, last)] == [6500, 3250, 0]


@pytest.mark.usefixtures("database")
async def test_an_unknown_concert_gets_no_policy() -> None:
    with pytest.raises(NotFound):
        await set_refund_steps(uuid4(), THRIFTY)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "steps",
    [
        "{}",
        '[{"hours_before": 0, "percent": 101}]',
        '[{"hours_before": -1, "percent": 1}]',
        '[{"hours_before": 0}]',
        '[{"percent": 1}]',
        '[{"hours_before": "0", "percent": 1}]',
        '[{"hours_before": 0, "percent": "50"}]',
        '[{"hours_before": 0, "percent": 1}, 7]',
        '[{"hours_before": 0, "percent": null}]',
        '[{"hours_before": 0, "percent": 33.5}]',
        '[{"hours_before": 0.5, "percent": 33}]',
    ],
)
async def test_the_database_keeps_no_policy_that_money_could_be_lost_by(steps: str) -> None:
    concert = await make_concert()
    with pytest.raises(Exception, match="concert_refund_steps"):
        await database.execute(
            "UPDATE concert SET refund_steps = $2::text::jsonb WHERE id = $1", concert.id, steps
        )
