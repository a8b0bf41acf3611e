"""What the fake Stripe knows: intents, refunds and disputes, each change an event."""

import copy
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

DECLINED = "pm_card_chargeDeclined"
NEEDS_ACTION = "pm_card_authenticationRequired"
GOOD = "pm_card_visa"
_CARDS = {GOOD, DECLINED, NEEDS_ACTION}
_OPEN = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}
# As Stripe wants amounts: without fractions of these, and the last digit of those zero.
_STEPS = {"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}


class Refused(Exception):
    """An answer with an error in it."""

    def __init__(self, status: int, **error: object) -> None:
        self.status = status
        self.error = error
        super().__init__(error)


@dataclass
class Books:
    """One merchant's account."""

    intents: dict[str, Json] = field(default_factory=dict)
    refunds: dict[str, Json] = field(default_factory=dict)
    disputes: dict[str, Json] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    refund_status: str = "succeeded"
    captures_fail: bool = False

    # ---- what the merchant's server asks

    def create_intent(self, asked: Json) -> Json:
        """Make an intent, and confirm it where asked to."""
        _check_intent(asked)
        intent_id = _new("pi")
        intent = self.intents[intent_id] = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": asked["amount"],
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": "manual",
            "client_secret": f"{intent_id}_secret_{secrets.token_hex(8)}",
            "created": int(time.time()),
            "currency": asked["currency"],
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": asked.get("metadata", {}),
            "status": "requires_payment_method",
        }
        if asked.get("confirm") == "true":
            self.confirm(intent_id, asked["payment_method"])
            if intent["last_payment_error"]:
                raise Refused(402, **intent["last_payment_error"], payment_intent=intent)
        return intent

    def capture(self, intent_id: str) -> Json:
        """Charge what is kept ready."""
        intent = self.find(intent_id)
        if intent["status"] != "requires_capture":
            raise _unexpected(intent)
        if self.captures_fail:
            raise Refused(402, type="card_error", code="charge_expired_for_capture")
        intent.update(status="succeeded", amount_capturable=0, amount_received=intent["amount"])
        intent["latest_charge"].update(captured=True, amount_captured=intent["amount"])
        self._tell("payment_intent.succeeded", intent)
        return intent

    def cancel(self, intent_id: str) -> Json:
        """Let the money go."""
        intent = self.find(intent_id)
        if intent["status"] not in _OPEN:
            raise _unexpected(intent)
        intent.update(status="canceled", amount_capturable=0)
        self._tell("payment_intent.canceled", intent)
        return intent

    def refund(self, asked: Json) -> Json:
        """Give back a part or all."""
        intent = self.find(asked["payment_intent"])
        amount = asked["amount"] if "amount" in asked else intent["amount_received"]
        _check_amount(amount, intent["currency"])
        charge = intent["latest_charge"]
        if charge is None or amount > charge["amount_captured"] - charge["amount_refunded"]:
            raise Refused(400, type="invalid_request_error", code="charge_already_refunded")
        refund_id = _new("re")
        refund = self.refunds[refund_id] = {
            "id": refund_id,
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": asked.get("metadata", {}),
            "status": self.refund_status,
        }
        charge["amount_refunded"] += amount
        self._tell("refund.created", refund)
        self._tell("charge.refunded", charge)
        return refund

    def find(self, intent_id: str) -> Json:
        """Find an intent."""
        if intent_id not in self.intents:
            raise _missing(f"No such payment_intent: '{intent_id}'", "intent")
        return self.intents[intent_id]

    def refunds_of(self, intent_id: str) -> list[Json]:
        """List what goes back, or went, of an intent."""
        return [one for one in self.refunds.values() if one["payment_intent"] == intent_id]

    def disputes_of(self, intent_id: str) -> list[Json]:
        """List who objects to an intent's charge."""
        return [one for one in self.disputes.values() if one["payment_intent"] == intent_id]

    def search(self, payment_id: str) -> list[Json]:
        """Find intents by our own name of the payment."""
        return [
            one for one in self.intents.values() if one["metadata"].get("payment_id") == payment_id
        ]

    # ---- what buyers, banks and people at the dashboard do

    def confirm(self, intent_id: str, card: str = GOOD) -> Json:
        """Pay with a card, as the buyer's browser does; it may need an action first."""
        intent = self.find(intent_id)
        intent["last_payment_error"] = None
        if card == NEEDS_ACTION:
            intent.update(status="requires_action", next_action={"type": "use_stripe_sdk"})
            self._tell("payment_intent.requires_action", intent)
        elif card == DECLINED:
            error = {"type": "card_error", "code": "card_declined", "decline_code": "generic"}
            intent.update(status="requires_payment_method", last_payment_error=error)
            self._tell("payment_intent.payment_failed", intent)
        else:
            self._keep_ready(intent)
        return intent

    def settle_refund(self, refund_id: str, status: str) -> None:
        """End a refund that was pending."""
        refund = self.refunds[refund_id]
        refund["status"] = status
        if status in {"failed", "canceled"}:
            charge = self.find(refund["payment_intent"])["latest_charge"]
            charge["amount_refunded"] -= refund["amount"]
        self._tell("refund.failed" if status == "failed" else "refund.updated", refund)

    def dispute(self, intent_id: str) -> Json:
        """Let the buyer tell their bank that they never bought anything."""
        intent = self.find(intent_id)
        intent["latest_charge"]["disputed"] = True
        dispute_id = _new("dp")
        dispute = self.disputes[dispute_id] = {
            "id": dispute_id,
            "object": "dispute",
            "amount": intent["amount"],
            "currency": intent["currency"],
            "payment_intent": intent_id,
            "status": "needs_response",
        }
        self._tell("charge.dispute.created", dispute)
        return dispute

    def close_dispute(self, dispute_id: str, status: str) -> None:
        """Let the bank decide: `won` is the merchant's victory."""
        self.disputes[dispute_id]["status"] = status
        self._tell("charge.dispute.closed", self.disputes[dispute_id])

    def _keep_ready(self, intent: Json) -> None:
        intent.update(
            status="requires_capture",
            amount_capturable=intent["amount"],
            latest_charge={
                "id": _new("ch"),
                "object": "charge",
                "amount": intent["amount"],
                "amount_captured": 0,
                "amount_refunded": 0,
                "captured": False,
                "currency": intent["currency"],
                "disputed": False,
                "metadata": intent["metadata"],
                "payment_intent": intent["id"],
            },
        )
        self._tell("payment_intent.amount_capturable_updated", intent)

    def _tell(self, kind: str, subject: Json) -> None:
        self.events.append(
            {
                "id": _new("evt"),
                "object": "event",
                "type": kind,
                "created": int(time.time()),
                "data": {"object": copy.deepcopy(subject)},
            }
        )


def _check_intent(asked: Json) -> None:
    """Refuse what this version of the API refuses, and what bigcat must not ask for."""
    _check_amount(asked["amount"], asked["currency"])
    if "payment_method_types" in asked:
        raise Refused(400, code="payment_method_types_no_longer_supported")
    if asked.get("capture_method") != "manual":
        raise Refused(400, type="invalid_request_error", param="capture_method")
    stays = asked.get("automatic_payment_methods", {}).get("allow_redirects") == "never"
    if asked.get("confirm") == "true" and not stays:
        raise Refused(400, type="invalid_request_error", param="return_url")
    if asked.get("payment_method", GOOD) not in _CARDS:
        raise _missing(f"No such PaymentMethod: '{asked['payment_method']}'", "payment_method")


def _check_amount(amount: int, currency: str) -> None:
    if amount <= 0 or amount % _STEPS.get(currency, 1):
        raise Refused(400, type="invalid_request_error", param="amount")


def _missing(message: str, param: str) -> Refused:
    return Refused(
        404 if param == "intent" else 400,
        type="invalid_request_error",
        code="resource_missing",
        message=message,
        param=param,
    )


def _unexpected(intent: Json) -> Refused:
    return Refused(
        400,
        type="invalid_request_error",
        code="payment_intent_unexpected_state",
        message=f"This PaymentIntent has a status of {intent['status']}.",
        payment_intent=intent,
    )


def _new(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
