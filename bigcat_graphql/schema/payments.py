"""Attempts to pay."""

from datetime import datetime
from typing import Self

import strawberry

from bigcat_graphql import models
from bigcat_graphql.models import PaymentStatus
from bigcat_graphql.schema.describing import output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.money import Money
from bigcat_graphql.schema.nodes import Node


@output
class Payment(Node):
    """One attempt to pay one booking."""

    status: PaymentStatus = strawberry.field(description="Where it stands.")
    amount: Money = strawberry.field(description="How much.")
    provider: str = strawberry.field(
        description="Name of the payment provider, for example `test` or `stripe`."
    )
    client_secret: str | None = strawberry.field(
        description=(
            "What the provider's own client library needs; only to the buyer, null unless"
            " REQUIRES_ACTION."
        )
    )
    created_at: datetime = strawberry.field(description="When it was begun.")

    @classmethod
    def of(cls, row: models.Payment, *, to_buyer: bool) -> Self:
        """Show a payment; its secret to the buyer only."""
        waits = row.status is PaymentStatus.REQUIRES_ACTION
        return cls(
            id=write_id("Payment", row.concert_id, row.id),
            status=row.status,
            amount=Money.of(row.amount),
            provider=row.provider,
            client_secret=row.client_secret if to_buyer and waits else None,
            created_at=row.created_at,
        )
