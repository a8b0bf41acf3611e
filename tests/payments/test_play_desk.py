"""The bank's page of provider `test`: an answer counts once, and is followed whatever dies."""

import asyncio
from uuid import UUID, uuid4

import pytest

from bigcat_graphql import booking, jobs, payments
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.booking.invariants import violations
from bigcat_graphql.errors import NotFound
from bigcat_graphql.models import Booking, Concert, Payment, PaymentStatus
from bigcat_graphql.payments.invariants import violations as money_violations
from bigcat_graphql.payments.provider import ProviderStatus
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel, let_time_pass, pay, states
from tests.payments.attempts import payment_of
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def take_part() -> None:
    payments.take_part()


async def wait_for_buyer() -> tuple[Concert, Viewer, Booking, Payment]:
    concert, buyer = await make_concert(currency="EUR"), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "needs_action")
    return concert, buyer, made, await payment_of(made)


def name_of(payment: Payment) -> tuple[UUID, str]:
    path = payments.action_path(payment)
    assert path is not None
    concert_id, secret = path.removeprefix("/payments/test/").split("/")
    return UUID(concert_id), secret


async def status_of(name: tuple[UUID, str]) -> ProviderStatus | None:
    action = await payments.find_action(*name)
    return action.status if action else None


async def test_a_yes_confirms_the_booking_by_the_job_that_it_leaves() -> None:
    concert, _, made, payment = await wait_for_buyer()
    name = name_of(payment)
    action = await payments.find_action(*name)
    assert action is not None
    assert (str(action.amount.amount), action.amount.currency) == ("65.00", "EUR")
    assert (action.concert, action.status) == (concert.name, ProviderStatus.REQUIRES_ACTION)

    await payments.answer_action(*name, approves=True)
    assert await status_of(name) is ProviderStatus.AUTHORIZED
    assert (await payment_of(made)).status is PaymentStatus.REQUIRES_ACTION
    await jobs.run_due()

    assert (await payment_of(made)).status is PaymentStatus.CAPTURED
    assert await states(concert) == "BAAAAAAAAA"
    assert await status_of(name) is ProviderStatus.CAPTURED
    assert await violations() == await money_violations() == {}


async def test_a_no_leaves_the_booking_to_another_card() -> None:
    concert, buyer, made, payment = await wait_for_buyer()
    await payments.answer_action(*name_of(payment), approves=False)
    await jobs.run_due()
    assert (await payment_of(made)).status is PaymentStatus.FAILED
    assert await status_of(name_of(payment)) is ProviderStatus.DECLINED
    await pay(buyer, made, "approve")
    assert await states(concert) == "BAAAAAAAAA"


async def test_of_many_answers_at_once_the_first_counts() -> None:
    concert, _, made, payment = await wait_for_buyer()
    name = name_of(payment)
    outcomes = await asyncio.gather(
        *(payments.answer_action(*name, approves=yes) for yes in (True, False) * 4),
        return_exceptions=True,
    )
    assert sum(one is None for one in outcomes) == 1
    assert all(one is None or isinstance(one, NotFound) for one in outcomes)
    await jobs.run_due()
    paid = (await payment_of(made)).status is PaymentStatus.CAPTURED
    assert await states(concert) == ("BAAAAAAAAA" if paid else "RAAAAAAAAA")
    assert await violations() == await money_violations() == {}


async def test_a_page_that_is_open_still_says_that_nothing_is_asked_any_more() -> None:
    _, buyer, made, payment = await wait_for_buyer()
    await pay(buyer, made, "approve")
    assert await status_of(name_of(payment)) is ProviderStatus.VOIDED
    with pytest.raises(NotFound):
        await payments.answer_action(*name_of(payment), approves=True)


async def test_a_yes_after_the_buyer_gave_up_is_let_go() -> None:
    concert, buyer, made, payment = await wait_for_buyer()
    await cancel(buyer, made)
    await payments.answer_action(*name_of(payment), approves=True)
    await jobs.run_due()
    assert (await payment_of(made)).status is PaymentStatus.VOIDED
    assert await states(concert) == "AAAAAAAAAA"


async def test_a_late_yes_takes_the_seats_back() -> None:
    concert, _, made, payment = await wait_for_buyer()
    await let_time_pass(made)
    await payments.answer_action(*name_of(payment), approves=True)
    await booking.sweep()
    await jobs.run_due()
    assert await states(concert) == "BAAAAAAAAA"


async def test_nobody_answers_for_a_payment_without_its_whole_name() -> None:
    _, buyer, _, payment = await wait_for_buyer()
    concert_id, secret = name_of(payment)
    other = await make_concert()
    slow = await book(buyer, other, 0)
    await pay(buyer, slow, "slow")
    stranger = f"play_{uuid4().hex}_secret"
    for name in (
        (concert_id, stranger),
        (other.id, secret),
        (concert_id, ""),
        (other.id, f"play_{(await payment_of(slow)).id.hex}_secret"),
    ):
        assert await payments.find_action(*name) is None
        with pytest.raises(NotFound):
            await payments.answer_action(*name, approves=True)
    assert await status_of((concert_id, secret)) is ProviderStatus.REQUIRES_ACTION


async def test_where_the_provider_is_off_there_is_no_page() -> None:
    _, _, _, payment = await wait_for_buyer()
    with override_settings(payment_providers=("stripe",)):
        assert payments.action_path(payment) is None
