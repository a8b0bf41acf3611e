"""Mails with a code that proves an e-mail."""

import asyncio
from uuid import UUID

from bigcat_graphql import accounts, jobs
from bigcat_graphql.accounts import MailedCode
from bigcat_graphql.ids import new_id
from bigcat_graphql.notifications import records
from bigcat_graphql.notifications.delivery import hand_in
from bigcat_graphql.notifications.envelopes import address_mail
from bigcat_graphql.notifications.letters import write_letter
from bigcat_graphql.notifications.locales import locale_for
from bigcat_graphql.settings import get_settings

# There is no venue to go by: CLDR's region for the whole world.
_ANYWHERE = "001"


async def send_email_code(payload: jobs.Payload) -> None:
    """Mail the code that a job's request is for; an e-mail without an account gets none.

    The code is made here, so that no job and no log ever holds it. Sent again after a failure it
    is another one, in a message of its own.

    Raises:
        Hopeless: the server will never take it.
        Busy: too many people are signing in.
    """
    code = await accounts.draw_email_code(UUID(str(payload["request"])))
    if code is None:
        return
    message_id = new_id()
    letter = write_letter(
        "email-code",
        locale_for(_ANYWHERE, code.locale),
        words={"code": code.code, "minutes": max(code.seconds_left // 60, 1)},
    )
    mail = await asyncio.to_thread(
        address_mail,
        message_id,
        letter,
        name=code.name,
        email=code.email,
        settings=get_settings(),
    )
    await hand_in(mail)
    if get_settings().mailbox:
        await _keep(message_id, code, letter.subject, bytes(mail))


async def _keep(message_id: UUID, code: MailedCode, subject: str, content: bytes) -> None:
    await records.keep_mail(
        message_id, kind="email-code", recipient=code.email, subject=subject, content=content
    )
