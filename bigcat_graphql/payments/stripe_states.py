"""What Stripe says of a payment or a refund, in bigcat's words."""

from typing import TYPE_CHECKING

from bigcat_graphql.payments.provider import ProviderState, ProviderStatus, RefundProgress
from bigcat_graphql.payments.stripe_amounts import count_for_us

if TYPE_CHECKING:  # the SDK takes 0.6 s to import, and is not there for nothing
    import stripe

CONFIRMED_BY = "confirmed_by"
SERVER, BROWSER = "server", "browser"

_STATUSES = {
    "processing": ProviderStatus.PENDING,
    "requires_action": ProviderStatus.REQUIRES_ACTION,
    "requires_confirmation": ProviderStatus.REQUIRES_ACTION,
    "requires_capture": ProviderStatus.AUTHORIZED,
    "succeeded": ProviderStatus.CAPTURED,
    "canceled": ProviderStatus.VOIDED,
}
_REFUNDS = {
    "succeeded": RefundProgress.SUCCEEDED,
    "failed": RefundProgress.FAILED,
    "canceled": RefundProgress.FAILED,
}
# The bank gave the merchant right, or never took the money.
_ENDED_WELL = frozenset(["won", "warning_closed", "prevented"])


def read_intent(intent: "stripe.PaymentIntent", *, is_disputed: bool = False) -> ProviderState:
    """Say where a PaymentIntent stands; what went back is known where its charge is expanded."""
    charge, error = intent.latest_charge, intent.last_payment_error
    refunded = 0 if charge is None or isinstance(charge, str) else charge.amount_refunded
    status = _status_of(intent)
    return ProviderState(
        status,
        intent.id,
        client_secret=intent.client_secret if status is ProviderStatus.REQUIRES_ACTION else None,
        decline_code=(error.decline_code or error.code) if error else None,
        refunded_minor=count_for_us(refunded, intent.currency.upper()),
        is_disputed=is_disputed,
    )


def is_contested(dispute: "stripe.Dispute") -> bool:
    """Whether the money of a charge is, or may come to be, with the buyer's bank."""
    return dispute.status not in _ENDED_WELL


def read_refund(refund: "stripe.Refund") -> RefundProgress:
    """Say where a refund stands."""
    return _REFUNDS.get(refund.status or "", RefundProgress.PENDING)


def labels_of(thing: "stripe.PaymentIntent | stripe.Refund") -> dict[str, str]:
    """Read what we wrote on it."""
    return thing.metadata.to_dict() if thing.metadata else {}


def _status_of(intent: "stripe.PaymentIntent") -> ProviderStatus:
    if intent.status in _STATUSES:
        return _STATUSES[intent.status]
    # requires_payment_method: no card yet, or one that failed. In the buyer's browser another card
    # can be tried; for a card that was named to us the answer is final.
    by_server = labels_of(intent).get(CONFIRMED_BY) == SERVER
    return ProviderStatus.DECLINED if by_server else ProviderStatus.REQUIRES_ACTION
