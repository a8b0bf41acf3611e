"""The built-in provider `test`: no money moves, and the payment method says what happens."""

from dataclasses import dataclass
from uuid import UUID

from bigcat_graphql.money import Money

APPROVE = "approve"
DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Authorization:
    """A provider's answer; `reference` is its own name of the payment."""

    is_approved: bool
    reference: str


class PlayMoney:
    """A provider that keeps no state: the same call gives the same answer."""

    name = "test"

    def check_method(self, payment_method: str | None) -> str | None:
        """Know two cards."""
        if payment_method in {APPROVE, DECLINE}:
            return None
        return f"Provider test knows the payment methods `{APPROVE}` and `{DECLINE}`."

    async def authorize(
        self, payment_id: UUID, amount: Money, payment_method: str | None
    ) -> Authorization:
        """Do as the card says."""
        del amount
        return Authorization(payment_method == APPROVE, f"test-{payment_id.hex}")

    async def capture(self, payment_id: UUID) -> None:
        """Charge nobody."""

    async def void(self, payment_id: UUID) -> None:
        """Let go of nothing."""
