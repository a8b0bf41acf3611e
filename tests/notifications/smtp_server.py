"""An SMTP server in a thread of its own, and what a reader sees of a mail."""

import asyncio
import email
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import Any
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

# A text is answered as it is; a function says what to answer, nothing for `250`.
Answer = str | Callable[[Envelope], str | None]


class _Loopback(Controller):
    """A server on a port that the system chose; it hangs up when it stops."""

    def __init__(self, handler: object, **options: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        port: int = self._socket.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, **options)
        self._made: list[SMTP] = []

    def hang_up(self) -> None:
        """Close the connections, which stop() alone would leave open, and warn of."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(timeout=60)

    def factory(self) -> SMTP:
        made = SMTP(self.handler, **self.SMTP_kwargs)
        self._made.append(made)
        return made

    def stop(self, no_assert: bool = False) -> None:
        self.hang_up()
        super().stop(no_assert)

    def _create_server(self) -> Any:
        made = self._factory_invoker
        return self.loop.create_server(made, sock=self._socket, ssl=self.ssl_context)

    async def _hang_up(self) -> None:
        talks = [talk for made in self._made if (talk := made._handler_coroutine)]
        for made in self._made:
            if isinstance(made.transport, asyncio.WriteTransport):
                made.transport.abort()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        # The transports still have something to do with their sockets.
        await asyncio.sleep(0.01)


class SmtpBox:
    """What was delivered, and what the server answers to the next mails."""

    def __init__(
        self,
        *,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        tls_mode: str = "none",
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.sessions: list[Session] = []
        self.answers: list[Answer] = []
        self.recipients_refused = False
        self._login, self._tls, self._mode = login, tls, tls_mode
        self._controller: _Loopback | None = None

    @property
    def _server(self) -> _Loopback:
        assert self._controller, "it is closed"
        return self._controller

    def hang_up(self) -> None:
        self._server.hang_up()

    @property
    def url(self) -> str:
        login = ":".join(quote(part, safe="") for part in self._login) + "@" if self._login else ""
        return f"smtp://{login}127.0.0.1:{self._server.port}?tls={self._mode}"

    def open(self) -> None:
        options: dict[str, Any] = {"enable_SMTPUTF8": True}
        if self._login:
            options |= {
                "authenticator": self._authenticate,
                # It counts STARTTLS alone as TLS.
                "auth_required": self._mode == "starttls",
                "auth_require_tls": self._mode == "starttls",
            }
        if self._mode == "starttls":
            options |= {"tls_context": self._tls, "require_starttls": True}
        if self._mode == "implicit":
            options |= {"ssl_context": self._tls}
        self._controller = _Loopback(self, **options)
        self._controller.start()

    def close(self) -> None:
        if self._controller:
            self._controller.stop()
        self._controller = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if self.recipients_refused:
            return f"550 <{address}> is unknown here"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else ""
        refusal = answer if isinstance(answer, str) else answer(envelope)
        if refusal:
            return refusal
        content = envelope.content
        assert isinstance(content, bytes)
        mail = email.message_from_bytes(content, policy=WIRE)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append(envelope)
        self.sessions.append(session)
        return "250 taken"

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        right = (given.login.decode(), given.password.decode()) == self._login
        # Not handled: the server itself is to say 535.
        return AuthResult(success=right, handled=False)


def part(mail: EmailMessage, media_type: str) -> EmailMessage:
    found = [one for one in mail.walk() if one.get_content_type() == media_type]
    assert len(found) == 1, [one.get_content_type() for one in mail.walk()]
    assert isinstance(found[0], EmailMessage)
    return found[0]


def parts(mail: EmailMessage, media_type: str) -> list[EmailMessage]:
    return [
        one
        for one in mail.walk()
        if one.get_content_type() == media_type and isinstance(one, EmailMessage)
    ]


def words(mail: EmailMessage) -> str:
    return str(part(mail, "text/plain").get_content()).replace("\r\n", "\n")
