"""Attempts to pay, and what goes back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

import strawberry

from bigcat_graphql import booking, models, payments
from bigcat_graphql.models import PaymentStatus, RefundStatus
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.describing import output
from bigcat_graphql.schema.ids import write_id
from bigcat_graphql.schema.money import Money
from bigcat_graphql.schema.nodes import Node
from bigcat_graphql.schema.scalars import URL


@output
class Payment(Node):
    """One attempt to pay one booking."""

    action_path: strawberry.Private[str | None]
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
        shows = to_buyer and row.status is PaymentStatus.REQUIRES_ACTION
        return cls(
            id=write_id("Payment", row.concert_id, row.id),
            status=row.status,
            amount=Money.of(row.amount),
            provider=row.provider,
            client_secret=row.client_secret if shows else None,
            action_path=payments.action_path(row) if shows else None,
            created_at=row.created_at,
        )

    @strawberry.field(
        description=(
            "The page where the buyer approves or declines; only to the buyer, null unless"
            " REQUIRES_ACTION. Provider `test` has one; others ask with `clientSecret`."
        )
    )
    def action_url(self, info: Info) -> URL | None:
        """Link to it on this server."""
        return URL(info.context.base_url + self.action_path) if self.action_path else None


@output
class Refund(Node):
    """Money on its way back to a buyer."""

    status: RefundStatus = strawberry.field(description="Where it stands.")
    amount: Money = strawberry.field(description="How much.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    succeeded_at: datetime | None = strawberry.field(
        description="When the provider said it was done; null before."
    )

    @classmethod
    def of(cls, row: models.Refund) -> Self:
        """Show a refund."""
        return cls(
            id=write_id("Refund", row.concert_id, row.id),
            status=row.status,
            amount=Money.of(row.amount),
            created_at=row.created_at,
            succeeded_at=row.succeeded_at,
        )


@output
class RefundStep:
    """A step of a refund policy: the last one whose time has come decides."""

    hours_before: int = strawberry.field(
        description="Applies until this many hours before the start."
    )
    percent: int = strawberry.field(description="Percentage of the price that goes back, 0 to 100.")

    @classmethod
    def of(cls, step: Mapping[str, int]) -> Self:
        """Show a step."""
        return cls(hours_before=step["hours_before"], percent=step["percent"])


@output
class CancellationQuote:
    """What cancelling gives back."""

    refund: Money = strawberry.field(description="What goes back to the buyer.")
    kept: Money = strawberry.field(description="What is kept.")
    valid_until: datetime | None = strawberry.field(
        description="Until when this holds; null when nothing can be cancelled."
    )

    @classmethod
    def of(cls, quote: booking.Quote) -> Self:
        """Show a quote."""
        return cls(
            refund=Money.of(quote.refund),
            kept=Money.of(quote.kept),
            valid_until=quote.valid_until,
        )
