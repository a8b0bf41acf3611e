"""Amounts of money."""

from decimal import Decimal
from typing import Self

import strawberry

from bigcat_graphql import money
from bigcat_graphql.schema.describing import output, request
from bigcat_graphql.schema.scalars import CurrencyCode


@output
class Money:
    """An amount of money."""

    amount: Decimal = strawberry.field(
        description="Exact amount in major units, with as many decimals as the currency has."
    )
    currency: CurrencyCode = strawberry.field(description="Its currency.")

    @classmethod
    def of(cls, money: money.Money) -> Self:
        """Show an amount."""
        return cls(amount=money.amount, currency=CurrencyCode(money.currency))


@request
class MoneyInput:
    """An amount of money."""

    amount: Decimal = strawberry.field(
        description=(
            "Exact amount in major units; more decimals than the currency has are refused."
        )
    )
    currency: CurrencyCode = strawberry.field(description="Its currency.")

    def read(self) -> money.Money:
        """Read the amount.

        Raises:
            ValueError: it is negative, too large, or has too many decimals.
        """
        return money.money_of(self.amount, self.currency)
