"""What is said to an operator whose payments are set up for play."""

from typing import Any

import pytest

from bigcat_graphql.cli.payment_settings import doubts_about_payments
from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.settings import override_settings
from tests.cli.running import answer_of, bigcat

_STRIPE = {"payment_providers": ("stripe",), "stripe_secret_key": "sk_live_1"}
_SECRETS = {"stripe_webhook_secrets": ("whsec_1",)}
_OUTSIDE = {"database_url": "postgresql://db/bigcat"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"database_url": None}, []),
        (_OUTSIDE, ["play money"]),
        (_STRIPE | _SECRETS | _OUTSIDE, []),
        (_STRIPE | _OUTSIDE, ["learns late"]),
        (_STRIPE | _SECRETS | {"stripe_secret_key": "sk_test_1"}, ["for tests"]),
    ],
)
def test_what_looks_like_play_is_said(settings: dict[str, Any], words: list[str]) -> None:
    with override_settings(**settings) as chosen:
        doubts = doubts_about_payments(chosen)
    assert len(doubts) == len(words)
    assert all(word in doubt for word, doubt in zip(words, doubts, strict=True))


async def test_the_doctor_notes_play_money(database_url: DatabaseUrl) -> None:
    found = answer_of(await bigcat("doctor", "--json", database=database_url))
    [payments] = [one for one in found["findings"] if one["check"] == "payments"]
    assert (payments["ok"], payments["needed"]) == (False, False)
    assert "play money" in payments["detail"]
