"""resendConfirmation as clients see it."""

from typing import Any

import pytest

from bigcat_graphql import jobs, notifications
from bigcat_graphql.errors import Unauthenticated
from bigcat_graphql.ids import print_reference
from bigcat_graphql.models import Account, Booking
from bigcat_graphql.settings import override_settings
from tests.booking.verbs import book, cancel
from tests.resolvers.asking import ask, id_of, read
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

RESEND = """mutation Resend($by: BookingBy!) {
  resendConfirmation(input: {by: $by}) {
    booking { id status }
    errors {
      __typename
      ... on UserError { code path }
      ... on TryAgainError { retryAfterSeconds }
      ... on WrongBookingStateError { bookingStatus }
    }
    query { __typename }
  }
}"""


async def resend(viewer: Any, **by: object) -> dict[str, Any]:
    payload: dict[str, Any] = (await read(RESEND, viewer, by=by))["resendConfirmation"]
    return payload


async def by_reference(made: Booking) -> dict[str, object]:
    account = await Account.get(id=made.account_id)
    return {"reference": print_reference(made.reference).lower(), "email": account.email.upper()}


async def test_a_buyer_has_it_sent_again_and_then_waits_a_minute() -> None:
    notifications.take_part()
    buyer = await make_buyer()
    with override_settings(mailbox=True):
        made = await book(buyer, await make_concert(price_minor=0), 0)
        first = await resend(buyer, id=id_of(made))
        again = await resend(None, reference=await by_reference(made))
        await jobs.run_due()
        mails = await notifications.kept_mails()
    assert first["booking"] == {"id": id_of(made), "status": "CONFIRMED"}
    assert first["errors"] == []
    assert again["booking"] is None
    [refusal] = again["errors"]
    assert (refusal["__typename"], refusal["code"]) == ("TryAgainError", "RATE_LIMITED")
    assert 0 < refusal["retryAfterSeconds"] <= 60
    assert len({mail.id for mail in mails}) == 2


async def test_only_who_may_see_a_booking_has_it_sent() -> None:
    made = await book(await make_buyer(), await make_concert(price_minor=0), 0)
    stranger = await resend(await make_buyer(), id=id_of(made))
    wrong = await resend(None, reference=await by_reference(made) | {"email": "no@example.org"})
    nobody = await ask(RESEND, by={"id": id_of(made)})
    assert stranger["errors"] == [
        {"__typename": "NotFoundError", "code": "NOT_FOUND", "path": ["input", "by", "id"]}
    ]
    assert wrong["errors"][0]["path"] == ["input", "by", "reference"]
    assert isinstance(nobody.causes[0], Unauthenticated)


async def test_what_is_not_confirmed_has_no_confirmation() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    pending = await resend(buyer, id=id_of(made))
    await cancel(buyer, made)
    over = await resend(buyer, id=id_of(made))
    states = [payload["errors"][0]["bookingStatus"] for payload in (pending, over)]
    assert states == ["PENDING", "CANCELLED"]
