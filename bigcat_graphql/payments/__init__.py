"""Paying bookings: authorize, make the seats BOOKED, capture; never a call in a transaction."""

from bigcat_graphql.payments.attempt import pay_booking
from bigcat_graphql.payments.errors import PaymentDeclined
from bigcat_graphql.payments.lookup import find_payment, latest_payments
from bigcat_graphql.payments.refund import take_part
from bigcat_graphql.payments.settlement import settle_for_ever, settle_open_payments

__all__ = [
    "PaymentDeclined",
    "find_payment",
    "latest_payments",
    "pay_booking",
    "settle_for_ever",
    "settle_open_payments",
    "take_part",
]
