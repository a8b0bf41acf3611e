"""What bigcat asks of a payment provider, and what it may answer.

A provider is never called inside a database transaction, is called again whenever its answer was
lost, and is believed about the state of its money only: what it says decides nothing about seats.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from bigcat_graphql.money import Money


class ProviderStatus(StrEnum):
    """Where a payment stands at its provider."""

    PENDING = "PENDING"  # it will say later, by itself
    REQUIRES_ACTION = "REQUIRES_ACTION"  # the buyer has to do something first
    AUTHORIZED = "AUTHORIZED"  # the money is kept ready: capture it, or void it
    CAPTURED = "CAPTURED"  # charged; what went back since is `refunded_minor`
    DECLINED = "DECLINED"  # an end: nothing was charged, another attempt is needed
    VOIDED = "VOIDED"  # an end: let go before it was charged


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What is to be paid; `payment_id` is the idempotency key of everything about it."""

    payment_id: UUID
    concert_id: UUID
    booking_id: UUID
    amount: Money
    payment_method: str | None


@dataclass(frozen=True, slots=True)
class ProviderState:
    """What the provider says of a payment now.

    `reference` is its own name of the payment, `client_secret` what its client library in the
    buyer's browser needs while REQUIRES_ACTION. `refunded_minor` is all that went back or is on
    its way, whoever asked for it; `is_disputed` while the buyer's bank contests the charge, or
    has taken it back.
    """

    status: ProviderStatus
    reference: str
    client_secret: str | None = None
    decline_code: str | None = None
    refunded_minor: int = 0
    is_disputed: bool = False


class RefundProgress(StrEnum):
    """Where a refund stands at its provider."""

    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What is to go back of a captured payment.

    `refund_id` and `attempt` together are its idempotency key: a refund that FAILED is asked for
    again with the next attempt. `reference` is the provider's own name of the refund, None before
    it answered once.
    """

    refund_id: UUID
    attempt: int
    payment_id: UUID
    payment_reference: str
    amount: Money
    charged: Money
    reference: str | None


@dataclass(frozen=True, slots=True)
class RefundState:
    """What the provider says of a refund now."""

    status: RefundProgress
    reference: str


class ProviderUnreachable(Exception):
    """No answer: whether the provider acted is not known, and the same call has to be repeated."""


class PaymentProvider(Protocol):
    """Keeps money ready, charges it, lets it go, gives it back.

    Every call may be repeated, at the same moment too, and has one effect. Each raises
    `ProviderUnreachable` when no answer came in time; what else it raises is a fault of ours or of
    the configuration, which is logged, and the call repeated later.
    """

    name: str

    def check(self, amount: Money, payment_method: str | None) -> str | None:
        """Say, for the buyer, why it takes no such amount or method; None when it does."""
        ...

    def answer_at_once(self, payment: PaymentRequest) -> ProviderState | None:
        """Say the final state, CAPTURED or DECLINED, of a payment it need not be asked about.

        For a provider without an outside world: what it says is written in the transaction that
        makes the seats BOOKED, and no other method is called before. None, as with any provider
        behind a network, means that it has to be asked.
        """
        ...

    async def authorize(self, payment: PaymentRequest) -> ProviderState:
        """Keep the money ready; nothing is charged yet. CAPTURED where a method knows no such."""
        ...

    async def capture(self, payment_id: UUID, reference: str) -> ProviderState:
        """Charge what is AUTHORIZED; of anything else, say what it is."""
        ...

    async def void(self, payment_id: UUID, reference: str) -> ProviderState:
        """Let go what is not CAPTURED; of anything else, say what it is."""
        ...

    async def look_up(self, payment_id: UUID, reference: str) -> ProviderState:
        """Say how it stands, changing nothing."""
        ...

    async def refund(self, refund: RefundRequest) -> RefundState:
        """Give back a part of what is CAPTURED, or all of it."""
        ...

    async def look_up_refund(self, refund: RefundRequest) -> RefundState:
        """Say how a refund with a reference stands, changing nothing."""
        ...
