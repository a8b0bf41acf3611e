"""Whose webhooks are believed."""

from collections.abc import Mapping

import orjson
import pytest

from bigcat_graphql.clock import utc_now
from bigcat_graphql.ids import new_id
from bigcat_graphql.payments.notices import NoticeReader, NoticeRefused
from bigcat_graphql.payments.play_notices import (
    SIGNATURE_HEADER,
    make_play_reader,
    sign_play_notice,
)
from bigcat_graphql.payments.stripe_notices import make_stripe_reader
from tests.payments.stripe_fake_post import SECRET, sign, write_webhook

CONCERT, PAYMENT = new_id(), new_id()
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "data": {
        "object": {
            "id": "pi_1",
            "object": "payment_intent",
            "metadata": {"concert_id": str(CONCERT), "payment_id": str(PAYMENT)},
        }
    },
}


def now_seconds() -> int:
    return int(utc_now().timestamp())


def write_play(at_seconds: int | None = None) -> tuple[bytes, Mapping[str, str]]:
    ids = {"concertId": str(CONCERT), "paymentId": str(PAYMENT)}
    body = orjson.dumps({"id": "play_1", "type": "payment.changed", **ids})
    return body, {SIGNATURE_HEADER: sign_play_notice(body, SECRET, at_seconds=at_seconds)}


def write_stripe(at_seconds: int | None = None) -> tuple[bytes, Mapping[str, str]]:
    return write_webhook(EVENT, at_seconds=at_seconds)


KINDS = pytest.mark.parametrize(
    ("read", "write"),
    [
        (make_stripe_reader((SECRET,)), write_stripe),
        (make_play_reader(SECRET), write_play),
    ],
    ids=["stripe", "test"],
)


@KINDS
def test_a_signed_notice_names_its_payment(read: NoticeReader, write: type) -> None:
    notice = read(*write())
    assert (notice.concert_id, notice.payment_id) == (CONCERT, PAYMENT)
    assert notice.event_id.endswith("_1")


@KINDS
def test_a_notice_is_good_for_five_minutes(read: NoticeReader, write: type) -> None:
    assert read(*write(now_seconds() - 200)).payment_id == PAYMENT
    with pytest.raises(NoticeRefused, match="5 minutes"):
        read(*write(now_seconds() - 400))


@KINDS
def test_forgeries_are_refused(read: NoticeReader, write: type) -> None:
    body, headers = write()
    [(name, signature)] = [one for one in headers.items() if one[0].endswith("signature")]
    altered = body.replace(str(PAYMENT).encode(), str(CONCERT).encode())
    for forged, said in (
        (altered, signature),
        (body, ""),
        (body, "v1=" + "0" * 64),
        (body, f"t={now_seconds()},v1=" + "0" * 64),
        (body, f"t={now_seconds() + 1}," + signature.split(",")[1]),
        (b"\xff" + body, signature),
        (body, "t=9999999999999999999999,v1=" + "0" * 64),
    ):
        with pytest.raises(NoticeRefused, match="signature"):
            read(forged, {name: said})
    with pytest.raises(NoticeRefused):
        read(body, {})


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b"nonsense", b"{}", b'{"id": "7"}'])
def test_what_is_signed_and_makes_no_sense_is_refused(body: bytes) -> None:
    with pytest.raises(NoticeRefused, match="no event"):
        make_stripe_reader((SECRET,))(body, sign(body))
    with pytest.raises(NoticeRefused, match="no event"):
        make_play_reader(SECRET)(body, {SIGNATURE_HEADER: sign_play_notice(body, SECRET)})


def test_a_secret_may_follow_another() -> None:
    for secret in ("whsec_new", "whsec_old"):
        notice = make_stripe_reader(("whsec_new", "whsec_old"))(
            *write_webhook(EVENT, secret=secret)
        )
        assert notice.event_id == "evt_1"
    with pytest.raises(NoticeRefused):
        make_stripe_reader(("whsec_new",))(*write_webhook(EVENT, secret="whsec_old"))


@pytest.mark.parametrize(
    "subject",
    [
        {"id": "re_1", "object": "refund", "payment_intent": "pi_9", "metadata": {"a": "b"}},
        {"id": "dp_1", "object": "dispute", "payment_intent": "pi_9"},
        {"id": "ch_1", "object": "charge", "payment_intent": "pi_9", "metadata": None},
    ],
)
def test_what_belongs_to_an_intent_names_it(subject: dict[str, object]) -> None:
    notice = make_stripe_reader((SECRET,))(*write_webhook({**EVENT, "data": {"object": subject}}))
    assert (notice.reference, notice.payment_id) == ("pi_9", None)


def test_an_event_of_something_else_names_nothing() -> None:
    subject = {"id": "cus_1", "object": "customer", "metadata": {"payment_id": "seven"}}
    notice = make_stripe_reader((SECRET,))(*write_webhook({**EVENT, "data": {"object": subject}}))
    assert (notice.reference, notice.payment_id, notice.concert_id) == (None, None, None)
