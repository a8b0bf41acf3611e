"""Amounts as Stripe counts them, which is not always as ISO 4217 does."""

from bigcat_graphql.money import Money, decimals

# https://docs.stripe.com/currencies, as of API version 2026-10-28: what Stripe counts in another
# unit than ISO 4217. Krónur and Ugandan shillings have none smaller, and are counted in hundredths
# all the same; ariary are counted whole.
_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
# Amounts with three decimals must end in 0, for some card network knows two.
_LAST_DIGIT_ZERO = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


class NotForStripe(Exception):
    """Stripe cannot take or give back this amount; the text says why, for people."""


def count_for_stripe(amount: Money) -> int:
    """Count an amount in Stripe's smallest unit.

    Raises:
        NotForStripe: the amount has a fraction that Stripe cannot move, or a currency that it
            does not know in this form.
    """
    iso = decimals(amount.currency)
    if iso > 2 and amount.currency not in _LAST_DIGIT_ZERO:
        raise NotForStripe(f"Stripe takes no {amount.currency}.")
    many, few = _units(amount.currency)
    count, rest = divmod(amount.amount_minor * many, few)
    if rest:
        raise NotForStripe(f"Stripe takes whole {amount.currency} only, not {amount}.")
    if amount.currency in _LAST_DIGIT_ZERO and count % 10:
        raise NotForStripe(f"Stripe takes {amount.currency} with a third decimal of 0 only.")
    return count


def count_for_us(count: int, currency: str) -> int:
    """Count in minor units of ISO 4217 what Stripe says."""
    many, few = _units(currency)
    return count * few // many


def _units(currency: str) -> tuple[int, int]:
    """Give how many units of Stripe's are how many of ISO's."""
    iso = decimals(currency)
    stripe = _DECIMALS.get(currency, iso)
    return int(10 ** max(stripe - iso, 0)), int(10 ** max(iso - stripe, 0))
