"""A mail server on the loop of the tests, which keeps what it takes, and has accidents."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class PostOffice:
    """What arrived, and for whom; `before` and `after` happen around taking a message in."""

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None

    def taken_for(self, email: str) -> list[EmailMessage]:
        """List what somebody got."""
        return [message for whom, message in self.taken if whom == email]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Take a message in."""
        del server, session
        if self.before is not None:
            await self.before()
        content = cast("bytes", envelope.content)
        message = message_from_bytes(content, policy=policy.default)
        self.taken += [(whom, message) for whom in envelope.rcpt_tos]
        if self.after is not None:
            await self.after()
        return "250 taken"


@asynccontextmanager
async def run_post_office() -> AsyncIterator[PostOffice]:
    """Serve on a port of its own."""
    office = PostOffice()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
