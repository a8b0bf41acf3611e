"""`bigcat payments`."""

from dataclasses import asdict

from bigcat_graphql import payments
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import show
from bigcat_graphql.ids import print_reference


def list_attention(*, limit: int, as_json: bool) -> None:
    """List the money that a person has to look at."""
    concerns = run_on_database(lambda: payments.list_attention(limit))
    text = "\n".join(_describe(one) for one in concerns) or "There is none."
    show({"payments": [_facts(one) for one in concerns]}, text, as_json=as_json)


def _describe(concern: payments.Concern) -> str:
    return (
        f"{concern.created_at:%Y-%m-%d %H:%M:%SZ}  {print_reference(concern.booking_reference)}"
        f"  {concern.amount!s:>14}  {concern.why}"
        f"  ({concern.provider} {concern.provider_reference or 'unknown'})"
    )


def _facts(concern: payments.Concern) -> dict[str, object]:
    return asdict(concern) | {
        "amount": {"amount": str(concern.amount.amount), "currency": concern.amount.currency},
        "concert_id": str(concern.concert_id),
        "payment_id": str(concern.payment_id),
        "created_at": concern.created_at.isoformat(),
    }
