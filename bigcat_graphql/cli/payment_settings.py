"""What an operator should know about how payments are set up."""

from bigcat_graphql.settings import Settings


def doubts_about_payments(settings: Settings) -> list[str]:
    """Say what would be wrong in a production that takes money; nothing stops bigcat from it."""
    doubts = []
    if "test" in settings.payment_providers and settings.database_url:
        doubts.append(
            "provider `test` sells tickets for play money: set BIGCAT_PAYMENT_PROVIDERS=stripe"
            " where people shall pay"
        )
    if "stripe" in settings.payment_providers:
        if not settings.stripe_webhook_secrets:
            doubts.append(
                "without BIGCAT_STRIPE_WEBHOOK_SECRETS bigcat learns late of what happens at Stripe"
            )
        if (settings.stripe_secret_key or "").startswith(("sk_test_", "rk_test_")):
            doubts.append("Stripe's key is one for tests: nobody is charged")
    return doubts
