"""What bigcat asks of a payment provider."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from bigcat_graphql.money import Money


@dataclass(frozen=True, slots=True)
class Authorization:
    """A provider's answer; `reference` is its own name of the payment."""

    is_approved: bool
    reference: str


class PaymentProvider(Protocol):
    """Keeps money ready, charges it, or lets it go.

    A call may be repeated for the same payment and has one effect: the payment's id is the
    provider's idempotency key.
    """

    name: str

    def check_method(self, payment_method: str | None) -> str | None:
        """Say what is wrong with a payment method; None when nothing is."""
        ...

    async def authorize(
        self, payment_id: UUID, amount: Money, payment_method: str | None
    ) -> Authorization:
        """Keep the money ready; nothing is charged yet."""
        ...

    async def capture(self, payment_id: UUID) -> None:
        """Charge what is kept ready."""
        ...

    async def void(self, payment_id: UUID) -> None:
        """Let go what is kept ready."""
        ...
