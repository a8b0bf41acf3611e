"""Sending one message about a booking: by mail, and in the demo into the mailbox."""

import asyncio
from email.message import EmailMessage
from functools import cache
from uuid import UUID

from bigcat_graphql import jobs
from bigcat_graphql.models import Channel
from bigcat_graphql.notifications import records
from bigcat_graphql.notifications.envelopes import address_mail
from bigcat_graphql.notifications.letters import Letter, Picture, write_letter
from bigcat_graphql.notifications.occasions import read_topic
from bigcat_graphql.notifications.post import Post, SmtpServer
from bigcat_graphql.notifications.records import CLAIM_SECONDS
from bigcat_graphql.notifications.stories import Case, Story, Topic, read_case, tell
from bigcat_graphql.notifications.tickets import Attachment, draw_pictures, ticket_files
from bigcat_graphql.notifications.tickets.sheets import read_sheaf
from bigcat_graphql.settings import get_settings

# Where no server is spoken to, nothing takes long.
_CLAIM_MAILBOX_SECONDS = 5.0


async def send_mail(payload: jobs.Payload) -> None:
    """Send the mail that a job names, once.

    A process that dies after the server took the mail and before that is written down sends it
    again, with the same Message-ID: a ticket twice is better than none.

    Raises:
        StillSending: another process is at it.
        Hopeless: the server will never take it.
    """
    topic = read_topic(payload)
    if await records.is_sent(topic, Channel.MAIL):
        return
    case = await read_case(topic.booking)
    story = await tell(case, topic)
    if story is None:
        return
    await _send(topic, case, await _write(topic, case, story), await _attach(case, story))


async def _write(topic: Topic, case: Case, story: Story) -> Letter:
    pictures: list[Picture] = []
    if story.with_tickets:
        sheaf = await read_sheaf(case.booking)
        pictures = [
            Picture(f"{sheet.ticket_id.hex}@bigcat", sheet.seat, sheet.code, png)
            for sheet, png in zip(sheaf.sheets, await draw_pictures(sheaf), strict=True)
        ]
    return await asyncio.to_thread(
        write_letter, topic.kind.value, case.locale, words=story.words, pictures=pictures
    )


async def _attach(case: Case, story: Story) -> list[Attachment]:
    if not story.with_tickets:
        return []
    return await ticket_files(case.booking, locale=str(case.locale))


async def _send(topic: Topic, case: Case, letter: Letter, files: list[Attachment]) -> None:
    message_id = await records.claim(
        topic,
        Channel.MAIL,
        recipient=case.reader.email,
        subject=letter.subject,
        claim_seconds=CLAIM_SECONDS if get_settings().smtp_url else _CLAIM_MAILBOX_SECONDS,
    )
    if message_id is None:
        return
    try:
        mail = await asyncio.to_thread(_seal, message_id, case, letter, files)
        await hand_in(mail)
    except Exception:
        await records.give_up(message_id)
        raise
    kept = bytes(mail) if get_settings().mailbox else None
    await records.note_sent(message_id, kept)


async def hand_in(mail: EmailMessage) -> None:
    """Give a mail to the server, if one is set.

    Raises:
        Hopeless: the server will never take it.
        Exception: it did not now; another time it may.
    """
    url = get_settings().smtp_url
    if url:
        await _post(url).hand_in(mail)


def _seal(message_id: UUID, case: Case, letter: Letter, files: list[Attachment]) -> EmailMessage:
    return address_mail(
        message_id,
        letter,
        name=case.reader.name,
        email=case.reader.email,
        files=files,
        settings=get_settings(),
    )


@cache
def _post(url: str) -> Post:
    return Post(SmtpServer.parse(url))
