"""Facts that stop a payment."""

from dataclasses import dataclass
from datetime import datetime

from bigcat_graphql.errors import DomainError


@dataclass(eq=False)
class PaymentDeclined(DomainError):
    """The payment was declined. Nothing was charged; try another card while the seats are kept."""

    reserved_until: datetime
