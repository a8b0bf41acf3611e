"""The built-in provider `test`: no money moves, and the payment method says what happens.

It keeps its books in two tables of its own, as a real provider keeps them in its own house: any
process may ask, and a crash of ours leaves them as they were.
"""

from enum import StrEnum
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.errors import NotFound
from bigcat_graphql.money import Money
from bigcat_graphql.payments.provider import (
    PaymentRequest,
    ProviderState,
    ProviderStatus,
    ProviderUnreachable,
    RefundProgress,
    RefundRequest,
    RefundState,
)
from bigcat_graphql.settings import get_settings


class Card(StrEnum):
    """The payment methods, each with the story that it plays."""

    APPROVE = "approve"  # charged at once
    DECLINE = "decline"  # refused at once
    NEEDS_ACTION = "needs_action"  # waits for its buyer, see play_desk.py
    SLOW = "slow"  # approved after 5 seconds
    LATE = "late"  # approved a minute after the seats have gone back, and not to be stopped
    CAPTURE_FAILS = "capture_fails"  # approved, and refused when it is to be charged
    REFUND_FAILS = "refund_fails"  # charged; a refund is refused the first time it is asked for
    UNREACHABLE = "unreachable"  # approved, but no answer arrives in the first minute


_FIRST_STATUS = {
    Card.DECLINE: ProviderStatus.DECLINED,
    Card.NEEDS_ACTION: ProviderStatus.REQUIRES_ACTION,
    Card.SLOW: ProviderStatus.PENDING,
    Card.LATE: ProviderStatus.PENDING,
}
_SLOW_SECONDS = 5.0
_SILENT_SECONDS = 60.0
_AFTER_THE_HOLD_SECONDS = 60.0

# `answers_at`: when what was PENDING is approved, or an answer first arrives.
_OPEN = """
INSERT INTO play_payment (id, payment_method, amount_minor, status, answers_at)
VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
ON CONFLICT (id) DO NOTHING
"""

_STATUS_NOW = """
CASE WHEN status = 'PENDING' AND answers_at <= now() THEN 'AUTHORIZED' ELSE status END
"""

_READ = f"""
SELECT payment_method, {_STATUS_NOW} AS status, is_disputed, answers_at > now() AS is_waiting,
       (SELECT coalesce(sum(amount_minor), 0)::bigint FROM play_refund WHERE payment_id = $1)
         AS refunded_minor
FROM (SELECT $1::uuid AS id) AS asked LEFT JOIN play_payment USING (id)
"""

_CAPTURE = f"""
UPDATE play_payment
SET status = CASE WHEN payment_method = 'capture_fails' THEN 'DECLINED' ELSE 'CAPTURED' END
WHERE id = $1 AND {_STATUS_NOW} = 'AUTHORIZED'
"""

_VOID = f"""
UPDATE play_payment SET status = 'VOIDED'
WHERE id = $1 AND ({_STATUS_NOW} IN ('AUTHORIZED', 'REQUIRES_ACTION')
                   OR (status = 'PENDING' AND payment_method <> 'late'))
"""

_ACT = """
UPDATE play_payment SET status = $2 WHERE id = $1 AND status = 'REQUIRES_ACTION' RETURNING id
"""

# No more goes back than $4, what was charged; a repeat finds its row. The update changes nothing:
# it gives back the row of a repeat that was quicker, which this statement is too old to read.
_REFUND = """
WITH made AS (
  INSERT INTO play_refund (key, payment_id, amount_minor)
  SELECT $1, $2, $3::bigint
  WHERE $3::bigint + (SELECT coalesce(sum(amount_minor), 0) FROM play_refund WHERE payment_id = $2)
        <= $4::bigint
  ON CONFLICT (key) DO UPDATE SET key = excluded.key
  RETURNING key
)
SELECT key FROM made UNION SELECT key FROM play_refund WHERE key = $1
"""

_SECRET = "play_{payment_id}_secret"  # noqa: S105 - a pattern, and of no use at any bank


class PlayMoney:
    """A provider that is always there, and does what the card says."""

    name = "test"

    def check(self, amount: Money, payment_method: str | None) -> str | None:
        """Know the cards; every amount will do."""
        del amount
        if payment_method in set(Card):
            return None
        known = ", ".join(f"`{card}`" for card in Card)
        return f"Provider test knows the payment methods {known}."

    def answer_at_once(self, payment: PaymentRequest) -> ProviderState | None:
        """Do the two cards that need no memory: nobody but us will ever know of them."""
        reference = _reference(payment.payment_id)
        if payment.payment_method == Card.APPROVE:
            return ProviderState(ProviderStatus.CAPTURED, reference)
        if payment.payment_method == Card.DECLINE:
            return ProviderState(ProviderStatus.DECLINED, reference, decline_code="card_declined")
        return None

    async def authorize(self, payment: PaymentRequest) -> ProviderState:
        """Open the books for it, or find them opened."""
        card = Card(payment.payment_method or "")
        await database.execute(
            _OPEN,
            payment.payment_id,
            card.value,
            payment.amount.amount_minor,
            _FIRST_STATUS.get(card, ProviderStatus.AUTHORIZED).value,
            _seconds_until_answer(card),
        )
        return await self._read(payment.payment_id)

    async def capture(self, payment_id: UUID, reference: str) -> ProviderState:
        """Charge nobody."""
        del reference
        await database.execute(_CAPTURE, payment_id)
        return await self._read(payment_id)

    async def void(self, payment_id: UUID, reference: str) -> ProviderState:
        """Let go of nothing."""
        del reference
        await database.execute(_VOID, payment_id)
        return await self._read(payment_id)

    async def look_up(self, payment_id: UUID, reference: str) -> ProviderState:
        """Read the books."""
        del reference
        return await self._read(payment_id)

    async def refund(self, refund: RefundRequest) -> RefundState:
        """Write down that it went back."""
        reference = f"test-{refund.refund_id.hex}-{refund.attempt}"
        row = await _read_row(refund.payment_id)
        if row["payment_method"] == Card.REFUND_FAILS and refund.attempt == 0:
            return RefundState(RefundProgress.FAILED, reference)
        made = await database.fetch_all(
            _REFUND,
            str(refund.refund_id),
            refund.payment_id,
            refund.amount.amount_minor,
            refund.charged.amount_minor,
        )
        return RefundState(RefundProgress.SUCCEEDED if made else RefundProgress.FAILED, reference)

    async def look_up_refund(self, refund: RefundRequest) -> RefundState:
        """Say the same as before."""
        return await self.refund(refund)

    async def _read(self, payment_id: UUID) -> ProviderState:
        row = await _read_row(payment_id)
        if row["payment_method"] == Card.UNREACHABLE and row["is_waiting"]:
            raise ProviderUnreachable("provider test plays that it is away")
        # No books: it was charged at once, and nothing but refunds happened since.
        status = ProviderStatus(row["status"] or ProviderStatus.CAPTURED)
        waits = status is ProviderStatus.REQUIRES_ACTION
        return ProviderState(
            status,
            _reference(payment_id),
            client_secret=_SECRET.format(payment_id=payment_id.hex) if waits else None,
            decline_code="card_declined" if status is ProviderStatus.DECLINED else None,
            refunded_minor=row["refunded_minor"],
            is_disputed=bool(row["is_disputed"]),
        )


async def act_for_buyer(client_secret: str, *, approves: bool) -> UUID:
    """Do what the bank's page would let the buyer do with a card that needs action.

    Returns:
        The id of the payment.

    Raises:
        NotFound: no payment with this secret waits for its buyer.
    """
    status = ProviderStatus.AUTHORIZED if approves else ProviderStatus.DECLINED
    payment_id = read_secret(client_secret)
    row = await database.fetch_one(_ACT, payment_id, status.value) if payment_id else None
    if row is None:
        raise NotFound(("clientSecret",))
    found: UUID = row["id"]
    return found


def read_secret(client_secret: str) -> UUID | None:
    """Read which payment a secret is of; None when it is none of ours."""
    text = client_secret.removeprefix("play_").removesuffix("_secret")
    try:
        payment_id = UUID(hex=text)
    except ValueError:
        return None
    return payment_id if client_secret == _SECRET.format(payment_id=payment_id.hex) else None


def _seconds_until_answer(card: Card) -> float:
    if card is Card.SLOW:
        return _SLOW_SECONDS
    if card is Card.LATE:
        return get_settings().payment_seconds + _AFTER_THE_HOLD_SECONDS
    return _SILENT_SECONDS if card is Card.UNREACHABLE else 0.0


def _reference(payment_id: UUID) -> str:
    return f"test-{payment_id.hex}"


async def _read_row(payment_id: UUID) -> Record:
    row = await database.fetch_one(_READ, payment_id)
    if row is None:
        raise LookupError(payment_id)
    return row
