"""The bank of provider `test`: the buyer says yes or no there to a card that needs action."""

from dataclasses import dataclass
from uuid import UUID

from bigcat_graphql import catalogue, database, jobs
from bigcat_graphql.errors import NotFound
from bigcat_graphql.models import Payment
from bigcat_graphql.money import Money
from bigcat_graphql.payments.owing import settle_job
from bigcat_graphql.payments.play_money import Card, PlayMoney, act_for_buyer, read_secret
from bigcat_graphql.payments.provider import ProviderStatus
from bigcat_graphql.settings import get_settings


@dataclass(frozen=True, slots=True)
class PlayAction:
    """What the buyer is asked for, and how it stands."""

    concert: str
    amount: Money
    status: ProviderStatus


def action_path(payment: Payment) -> str | None:
    """Name the page of a payment that waits for its buyer; None where there is no such page."""
    has_page = PlayMoney.name in get_settings().payment_providers
    if payment.provider != PlayMoney.name or not has_page or payment.client_secret is None:
        return None
    return f"/payments/test/{payment.concert_id}/{payment.client_secret}"


async def find_action(concert_id: UUID, client_secret: str) -> PlayAction | None:
    """Find what a page is about, also when it was answered; None is a page that never was."""
    payment = await _find_payment(concert_id, client_secret)
    if payment is None:
        return None
    concert = (await catalogue.concerts_by_ids([concert_id]))[concert_id]
    state = await PlayMoney().look_up(payment.id, "")
    return PlayAction(concert.name, payment.amount, state.status)


async def answer_action(concert_id: UUID, client_secret: str, *, approves: bool) -> None:
    """Say yes or no for the buyer, once.

    A bank would send a webhook then. This one lives in our house: a job in the transaction that
    writes the answer down does what a webhook has done, and is lost as little.

    Raises:
        NotFound: no such payment waits for its buyer.
    """
    if await _find_payment(concert_id, client_secret) is None:
        raise NotFound(("clientSecret",))

    async def work() -> None:
        payment_id = await act_for_buyer(client_secret, approves=approves)
        await jobs.enqueue_many([settle_job(concert_id, payment_id)])

    await database.run_transaction(work)
    jobs.wake()


async def _find_payment(concert_id: UUID, client_secret: str) -> Payment | None:
    payment_id = read_secret(client_secret)
    if payment_id is None:
        return None
    return await Payment.get_or_none(
        concert_id=concert_id,
        id=payment_id,
        provider=PlayMoney.name,
        payment_method=Card.NEEDS_ACTION.value,
    )
