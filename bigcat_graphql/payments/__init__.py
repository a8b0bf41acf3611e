"""Paying bookings: authorize, make the seats BOOKED, capture; never a call in a transaction."""

from bigcat_graphql.payments.attempt import Paid
from bigcat_graphql.payments.attention import Concern, list_attention
from bigcat_graphql.payments.errors import PaymentDeclined
from bigcat_graphql.payments.joining import take_part
from bigcat_graphql.payments.lookup import (
    find_payment,
    find_refund,
    latest_payments,
    payments_of,
    refund_of,
    refunds_of,
)
from bigcat_graphql.payments.paying import pay_booking
from bigcat_graphql.payments.play_desk import PlayAction, action_path, answer_action, find_action
from bigcat_graphql.payments.registry import close_providers, open_providers
from bigcat_graphql.payments.settlement import settle, settle_for_ever, settle_open_payments
from bigcat_graphql.payments.till import drain
from bigcat_graphql.payments.webhooks import take_webhook

__all__ = [
    "Concern",
    "Paid",
    "PaymentDeclined",
    "PlayAction",
    "action_path",
    "answer_action",
    "close_providers",
    "drain",
    "find_action",
    "find_payment",
    "find_refund",
    "latest_payments",
    "list_attention",
    "open_providers",
    "pay_booking",
    "payments_of",
    "refund_of",
    "refunds_of",
    "settle",
    "settle_for_ever",
    "settle_open_payments",
    "take_part",
    "take_webhook",
]
