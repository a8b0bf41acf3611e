"""Handing mails to an SMTP server, over one connection as long as there are more."""

import asyncio
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib
from aiosmtplib import errors

from bigcat_graphql.jobs import Hopeless
from bigcat_graphql.settings import SettingsRefused

# For each answer of the server, and for one mail in all. Long, for a server that takes a mail after
# we left gets it twice; below the time that a message is claimed, see records.py.
_ANSWER_SECONDS = 60.0
_MAIL_SECONDS = 100.0
# Servers close what is idle, and count who is connected.
_IDLE_SECONDS = 10.0
_PORTS = {"starttls": 587, "implicit": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int
    tls: str
    username: str | None
    password: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `smtp://user:password@host:587?tls=starttls|implicit|none`.

        Raises:
            SettingsRefused: it is no such URL. The text never repeats it: it holds a password.
        """
        try:
            parts = urlsplit(text)
            query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
            tls = query.pop("tls", "implicit" if parts.scheme == "smtps" else "starttls")
            port = parts.port or _PORTS[tls]
        except (ValueError, KeyError):
            raise SettingsRefused("BIGCAT_SMTP_URL: not a URL, or tls is unknown") from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or query:
            raise SettingsRefused("BIGCAT_SMTP_URL: must be like smtp://user:password@host:587")
        user = unquote(parts.username) if parts.username else None
        secret = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, port, tls, user, secret)


class Post:
    """One server and the connection to it; mails go one after the other."""

    def __init__(self, server: SmtpServer, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._tls = tls
        self._turn = asyncio.Lock()
        self._client: aiosmtplib.SMTP | None = None
        self._closing: asyncio.TimerHandle | None = None

    async def hand_in(self, mail: EmailMessage) -> None:
        """Hand one mail in; once this returns the server has taken it.

        Raises:
            Hopeless: the server will never take this mail, or never for this address.
            Exception: it did not now; another time it may.
        """
        content = await asyncio.to_thread(bytes, mail)  # some milliseconds of pure Python
        async with self._turn, asyncio.timeout(_MAIL_SECONDS):
            client = await self._connected()
            try:
                await _say(client, mail, content)
            except BaseException as error:
                if not _is_answer(error):
                    self._close()
                _check_hope(error)
                raise
            self._closing = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._close)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._closing:
            self._closing.cancel()
        if self._client and self._client.is_connected:
            return self._client
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._tls,
            timeout=_ANSWER_SECONDS,
        )
        await client.connect()
        self._client = client
        return client

    def _close(self) -> None:
        if self._client:
            self._client.close()
        self._client = None


async def _say(client: aiosmtplib.SMTP, mail: EmailMessage, content: bytes) -> None:
    sender, reader = (mail[name].addresses[0].addr_spec for name in ("From", "To"))
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    options = [] if f"{sender}{reader}".isascii() else ["SMTPUTF8"]
    if options and not client.supports_extension("smtputf8"):
        raise errors.SMTPNotSupported("the server knows no addresses of other letters")
    await client.sendmail(sender, [reader], content, mail_options=options)


def _is_answer(error: BaseException) -> bool:
    """Tell whether the server knows where we are: after nonsense its answers may be late by one."""
    return isinstance(error, errors.SMTPResponseException) and error.code > 0


def _check_hope(error: BaseException) -> None:
    if isinstance(error, errors.SMTPRecipientsRefused):
        refused = [recipient.code for recipient in error.recipients]
        if all(code >= 500 for code in refused):
            raise Hopeless(f"the server refuses this address, {refused}") from error
    # A sender or a login that is refused is a setting's fault: it can be mended meanwhile.
    if isinstance(error, errors.SMTPDataError) and error.code >= 500:
        raise Hopeless(f"the server refuses this mail, {error.code}") from error
    if isinstance(error, errors.SMTPNotSupported | ValueError):
        raise Hopeless(f"this mail cannot be sent: {error}") from error
