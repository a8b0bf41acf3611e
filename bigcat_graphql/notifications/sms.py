"""Short messages to phones: what a notifier does, and one by Twilio's API."""

from http import HTTPStatus
from typing import Protocol

import httpx

from bigcat_graphql.jobs import Hopeless
from bigcat_graphql.settings import Settings

# Below the time that a message is claimed, see records.py.
_ANSWER_SECONDS = 30.0
# Twilio's own words: the number cannot be, or its owner wants nothing from us.
_NEVER = {21211, 21214, 21217, 21408, 21610, 21612, 21614}


class Notifier(Protocol):
    """Whoever can send a text to a phone."""

    async def send(self, phone: str, text: str) -> None:
        """Send a text to a number as E.164 has it.

        Raises:
            Hopeless: it will never be delivered there.
            Exception: it was not sent now; another time it may be.
        """


class NotSent(Exception):
    """The service did not take a message; the text has its status and code, and no number."""


class Twilio:
    """A service with Twilio's REST API."""

    def __init__(
        self,
        *,
        account: str,
        token: str,
        sender: str,
        url: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._where = f"{url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        self._login = (account, token)
        self._sender = sender
        self._transport = transport

    async def send(self, phone: str, text: str) -> None:
        """Send a text, see `Notifier`."""
        form = {"To": phone, "From": self._sender, "Body": text}
        async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, transport=self._transport) as client:
            answer = await client.post(self._where, data=form, auth=self._login)
        if answer.is_success:
            return
        code = _code_of(answer)
        refusal = f"status {answer.status_code}, code {code}"
        if answer.status_code == HTTPStatus.BAD_REQUEST and code in _NEVER:
            raise Hopeless(refusal)
        raise NotSent(refusal)


def choose_notifier(settings: Settings) -> Notifier | None:
    """Give the service that the settings name, if they name one."""
    if not (settings.sms_account and settings.sms_token and settings.sms_from):
        return None
    return Twilio(
        account=settings.sms_account,
        token=settings.sms_token,
        sender=settings.sms_from,
        url=settings.sms_url,
    )


def _code_of(answer: httpx.Response) -> int | None:
    try:
        code = answer.json()["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None
