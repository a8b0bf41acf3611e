"""Stripe: PaymentIntents that are captured once the seats are BOOKED."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from bigcat_graphql.clock import utc_now
from bigcat_graphql.money import Money
from bigcat_graphql.payments.provider import (
    PaymentRequest,
    ProviderState,
    ProviderStatus,
    ProviderUnreachable,
    RefundProgress,
    RefundRequest,
    RefundState,
)
from bigcat_graphql.payments.stripe_amounts import NotForStripe, count_for_stripe
from bigcat_graphql.payments.stripe_states import (
    BROWSER,
    CONFIRMED_BY,
    SERVER,
    is_contested,
    labels_of,
    read_intent,
    read_refund,
)

if TYPE_CHECKING:
    import stripe
    from stripe.params import PaymentIntentCreateParams

# What is sent and read here was written against this version; Stripe keeps to it for ever.
API_VERSION = "2026-10-28.endive"
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 15.0
# The SDK repeats what the network lost under the same key; beyond that the settlement does.
_REPEATS = 1
# Stripe forgets idempotency keys after 24 hours: the same call might then act a second time.
_KEYS_LAST = timedelta(hours=23)
# What was made is found by its labels a minute later at the latest, says Stripe.
_FOUND_AFTER = timedelta(minutes=5)
_METHOD = re.compile(r"pm_\w{1,100}")


class StripeProvider:
    """One Stripe account; one HTTP client for the whole process, made when first needed."""

    name = "stripe"

    def __init__(self, secret_key: str, url: str) -> None:
        self._secret_key = secret_key
        self._url = url
        self._http: stripe.HTTPXClient | None = None
        self._opened: stripe.StripeClient | None = None

    def check(self, amount: Money, payment_method: str | None) -> str | None:
        """Refuse what Stripe cannot charge, and what is no PaymentMethod's id."""
        try:
            count_for_stripe(amount)
        except NotForStripe as fault:
            return str(fault)
        if payment_method is None or _METHOD.fullmatch(payment_method):
            return None
        return (
            "Provider stripe takes a PaymentMethod's id (pm_…), or none: then Stripe's own client"
            " asks the buyer, see Payment.clientSecret."
        )

    def answer_at_once(self, payment: PaymentRequest) -> ProviderState | None:  # noqa: ARG002 - the protocol's
        """Say nothing: Stripe has to be asked."""
        return None

    async def authorize(self, payment: PaymentRequest) -> ProviderState:
        """Make the payment's PaymentIntent, or find the one that was made; confirm a card."""
        import stripe  # noqa: PLC0415 - see _client

        if _is_older(payment.payment_id, _KEYS_LAST):
            return await self._find(payment.payment_id)
        with _translated():
            try:
                intent = await self._client.v1.payment_intents.create_async(
                    _describe(payment), _key("authorize", payment.payment_id)
                )
            except stripe.CardError as error:
                return _declined(error)
            except stripe.InvalidRequestError as error:
                # A card of somebody else's, an amount too small: no other call will mend that.
                if error.param in {"payment_method", "amount", "currency"}:
                    return _declined(error)
                raise
            except stripe.APIError as error:
                # It would fail like this all day, and did its work or not: look for what it made.
                is_kept = (error.headers or {}).get("idempotent-replayed") == "true"
                if is_kept and _is_older(payment.payment_id, _FOUND_AFTER):
                    return await self._find(payment.payment_id)
                raise
        return read_intent(intent)

    async def capture(self, payment_id: UUID, reference: str) -> ProviderState:
        """Charge what is kept ready."""
        import stripe  # noqa: PLC0415 - see _client

        with _translated():
            try:
                intent = await self._client.v1.payment_intents.capture_async(
                    reference, options=_key("capture", payment_id)
                )
            except (stripe.CardError, stripe.InvalidRequestError):
                # It is captured already, was let go, or cannot be charged: whichever, it says so.
                return await self.look_up(payment_id, reference)
        return read_intent(intent)

    async def void(self, payment_id: UUID, reference: str) -> ProviderState:
        """Cancel the PaymentIntent; no card can be charged by it any more."""
        import stripe  # noqa: PLC0415 - see _client

        with _translated():
            try:
                intent = await self._client.v1.payment_intents.cancel_async(
                    reference, options=_key("void", payment_id)
                )
            except stripe.InvalidRequestError:
                return await self.look_up(payment_id, reference)
        return read_intent(intent)

    async def look_up(self, payment_id: UUID, reference: str) -> ProviderState:  # noqa: ARG002 - the protocol's
        """Read the PaymentIntent with its charge, and whether somebody contests it."""
        with _translated():
            intent = await self._client.v1.payment_intents.retrieve_async(
                reference, {"expand": ["latest_charge"]}
            )
            charge = intent.latest_charge
            if charge is None or isinstance(charge, str) or not charge.disputed:
                return read_intent(intent)
            disputes = await self._client.v1.disputes.list_async({"payment_intent": reference})
        return read_intent(intent, is_disputed=any(map(is_contested, disputes.data)))

    async def refund(self, refund: RefundRequest) -> RefundState:
        """Give back an amount once, however often and however late it is asked for."""
        import stripe  # noqa: PLC0415 - see _client

        name = {"refund_id": str(refund.refund_id), "attempt": str(refund.attempt)}
        with _translated():
            # Refunds are asked for again for longer than Stripe remembers their keys.
            known = await self._client.v1.refunds.list_async(
                {"payment_intent": refund.payment_reference, "limit": 100}
            )
            async for one in known.auto_paging_iter():
                if name.items() <= labels_of(one).items():
                    return RefundState(read_refund(one), one.id)
            try:
                made = await self._client.v1.refunds.create_async(
                    {
                        "payment_intent": refund.payment_reference,
                        "amount": count_for_stripe(refund.amount),
                        "metadata": name,
                    },
                    _key(f"refund:{refund.attempt}", refund.refund_id),
                )
            except NotForStripe:
                return RefundState(RefundProgress.FAILED, "")
            except (stripe.InvalidRequestError, stripe.CardError) as error:
                # Disputed, given back at the dashboard, too old: a person has to look at it.
                return RefundState(RefundProgress.FAILED, error.request_id or "")
        return RefundState(read_refund(made), made.id)

    async def look_up_refund(self, refund: RefundRequest) -> RefundState:
        """Read the refund."""
        if refund.reference is None:
            raise ValueError("a refund without a reference was never asked for")
        with _translated():
            found = await self._client.v1.refunds.retrieve_async(refund.reference)
        return RefundState(read_refund(found), found.id)

    async def close(self) -> None:
        """Hang up; the next call connects anew."""
        if self._http is not None:
            await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK's own
        self._http = self._opened = None

    async def _find(self, payment_id: UUID) -> ProviderState:
        with _translated():
            found = await self._client.v1.payment_intents.search_async(
                {"query": f"metadata['payment_id']:'{payment_id}'", "limit": 1}
            )
        if found.data:
            return await self.look_up(payment_id, found.data[0].id)
        # It never reached Stripe; nobody waits for it any more, and nobody is charged a day later.
        return ProviderState(ProviderStatus.DECLINED, "", decline_code="never_arrived")

    @property
    def _client(self) -> "stripe.StripeClient":
        if self._opened is None:
            # Late, for it takes 0.6 s and most processes never need it.
            import httpx  # noqa: PLC0415
            import stripe  # noqa: PLC0415

            timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
            self._http = stripe.HTTPXClient(timeout=timeout)
            self._opened = stripe.StripeClient(
                self._secret_key,
                stripe_version=API_VERSION,
                base_addresses={"api": self._url},
                max_network_retries=_REPEATS,
                http_client=self._http,
            )
        return self._opened


def _describe(payment: PaymentRequest) -> "PaymentIntentCreateParams":
    by_server = payment.payment_method is not None
    described: PaymentIntentCreateParams = {
        "amount": count_for_stripe(payment.amount),
        "currency": payment.amount.currency.lower(),
        "capture_method": "manual",
        # Cards and the wallets that hold them: nothing else is both kept ready and answered while
        # the seats wait, and a buyer who was sent to another site may never come back.
        "allowed_payment_method_types": ["card"],
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "metadata": {
            "concert_id": str(payment.concert_id),
            "booking_id": str(payment.booking_id),
            "payment_id": str(payment.payment_id),
            CONFIRMED_BY: SERVER if by_server else BROWSER,
        },
    }
    if payment.payment_method is not None:
        described["payment_method"] = payment.payment_method
        described["confirm"] = True
    return described


def _declined(error: "stripe.CardError | stripe.InvalidRequestError") -> ProviderState:
    said = error.error
    intent = said.payment_intent if said else None
    code = (said.decline_code or said.code) if said else error.code
    reference = intent.id if intent else error.request_id or ""
    return ProviderState(ProviderStatus.DECLINED, reference, decline_code=code)


def _key(step: str, owner_id: UUID) -> "stripe.RequestOptions":
    return {"idempotency_key": f"{step}:{owner_id}"}


def _is_older(payment_id: UUID, age: timedelta) -> bool:
    """Compare ages by the id: a UUIDv7 begins with the milliseconds since 1970."""
    made_at = datetime.fromtimestamp((payment_id.int >> 80) / 1000, UTC)
    return utc_now() - made_at > age


@contextmanager
def _translated() -> Iterator[None]:
    import stripe  # noqa: PLC0415 - see _client

    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        # APIError is 5xx, and 409 for the same call under way elsewhere.
        raise ProviderUnreachable(str(error)) from error
