"""An SMTP server in a thread of its own, and what a reader sees of a mail."""

import email
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Answer = Callable[[Envelope], str | None]


class _Loopback(Controller):
    """A server whose port the system chose, and which is free again for a second opening."""

    def __init__(self, handler: object, **options: Any) -> None:
        super().__init__(handler, hostname="127.0.0.1", **options)


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
        self.port = _free_port()
        self._login, self._tls, self._mode = login, tls, tls_mode
        self._controller: _Loopback | None = None

    @property
    def url(self) -> str:
        login = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        return f"smtp://{login}127.0.0.1:{self.port}?tls={self._mode}"

    def open(self) -> None:
        options: dict[str, Any] = {"port": self.port, "enable_SMTPUTF8": True}
        if self._login:
            options |= {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": self._tls is not None,
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

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        refusal = self.answers.pop(0)(envelope) if self.answers else None
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
        return AuthResult(success=right)


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
    return str(part(mail, "text/plain").get_content())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
