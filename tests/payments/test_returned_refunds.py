"""Refunds that were made at the provider, or by hand there, and come back: nobody loses by it."""

import asyncio

import pytest

from bigcat_graphql import database, payments
from bigcat_graphql.models import Booking, PaymentStatus, RefundReason, RefundStatus
from bigcat_graphql.payments.invariants import violations
from bigcat_graphql.payments.provider import ProviderState, ProviderStatus
from bigcat_graphql.payments.refund_progress import take_return_step
from bigcat_graphql.payments.settlement import RefundRefused
from bigcat_graphql.payments.steps import take_step
from tests.booking.verbs import cancel
from tests.payments.attempts import payment_of
from tests.payments.test_refunds import buy, refund_at_the_provider, refunds_of
from tests.scenes import make_concert

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def take_part() -> None:
    payments.take_part()


async def undo_at_the_provider(made: Booking) -> None:
    """Have all that went back of a payment with the provider again, and tell several nodes."""
    payment = await payment_of(made)
    await database.execute("DELETE FROM play_refund WHERE payment_id = $1", payment.id)
    settled = (payments.settle(payment.concert_id, payment.id) for _ in range(4))
    await asyncio.gather(*settled)


async def given_back(made: Booking) -> int:
    """Ask the provider's books."""
    row = await database.fetch_one(
        "SELECT coalesce(sum(amount_minor), 0)::bigint FROM play_refund WHERE payment_id = $1",
        (await payment_of(made)).id,
    )
    assert row is not None
    total: int = row[0]
    return total


async def test_undone_while_the_tickets_are_good_it_is_as_if_it_had_never_been() -> None:
    buyer, paid = await buy(await make_concert(), 0, 1)
    await refund_at_the_provider(paid, 6500)

    await undo_at_the_provider(paid)

    payment = await payment_of(paid)
    assert (payment.status, payment.refunded_minor) == (PaymentStatus.CAPTURED, 0)
    assert await payments.list_attention() == []
    assert await violations() == {}
    assert await given_back(paid) == 0  # nobody here wanted that: it is not asked for again

    await cancel(buyer, paid)
    await payments.settle_open_payments(3600)
    assert await given_back(paid) == 13_000
    assert (await payment_of(paid)).status is PaymentStatus.REFUNDED
    assert await violations() == {}


async def test_undone_after_tickets_were_cancelled_for_it_their_price_is_owed() -> None:
    buyer, paid = await buy(await make_concert(), 0)
    await refund_at_the_provider(paid, 6500)
    await cancel(buyer, paid)
    assert [one.reason for one in await refunds_of(paid)] == [RefundReason.AT_PROVIDER]

    await undo_at_the_provider(paid)
    await payments.settle_open_payments(3600)

    assert await given_back(paid) == 6500
    assert [(one.reason, one.status) for one in await refunds_of(paid)] == [
        (RefundReason.CANCELLED, RefundStatus.SUCCEEDED),
        (RefundReason.AT_PROVIDER, RefundStatus.FAILED),
    ]
    assert await payments.list_attention() == []
    assert await violations() == {}


async def test_one_of_ours_that_was_made_by_hand_is_asked_for_again() -> None:
    buyer, paid = await buy(await make_concert(), 0, method="refund_fails")
    await cancel(buyer, paid)
    payment = await payment_of(paid)
    with pytest.raises(RefundRefused):
        await payments.settle(payment.concert_id, payment.id)
    await refund_at_the_provider(paid, 6500)
    assert [one.status for one in await refunds_of(paid)] == [RefundStatus.SUCCEEDED]

    await undo_at_the_provider(paid)
    await payments.settle_open_payments(3600)

    assert await given_back(paid) == 6500
    assert [one.status for one in await refunds_of(paid)] == [RefundStatus.SUCCEEDED]
    assert await violations() == {}


async def test_two_who_heard_that_one_came_back_take_one_back() -> None:
    _, paid = await buy(await make_concert(), 0, 1)
    await refund_at_the_provider(paid, 6500)
    await refund_at_the_provider(paid, 6500)
    read_before_it_was_asked = await payment_of(paid)

    for _ in range(2):
        await take_return_step(read_before_it_was_asked, 6500)

    assert (await payment_of(paid)).refunded_minor == 6500
    assert await violations() == {}


async def test_what_the_provider_said_before_it_refused_is_no_proof_of_arrival() -> None:
    buyer, paid = await buy(await make_concert(), 0, method="refund_fails")
    await cancel(buyer, paid)
    payment = await payment_of(paid)
    # Somebody is told that it is on its way, which the provider counts, and is held up; meanwhile
    # it is refused, and somebody else hears of that.
    heard = ProviderState(ProviderStatus.CAPTURED, "test-1", refunded_minor=6500)
    with pytest.raises(RefundRefused):
        await payments.settle(payment.concert_id, payment.id)

    await take_step(payment, heard)

    assert [one.status for one in await refunds_of(paid)] == [RefundStatus.FAILED]
    assert await violations() == {}
    await payments.settle_open_payments(3600)
    assert await given_back(paid) == 6500
    assert [one.status for one in await refunds_of(paid)] == [RefundStatus.SUCCEEDED]
