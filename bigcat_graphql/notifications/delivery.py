"""Sending one message about a booking: by mail, and in the demo into the mailbox."""

import asyncio
import time
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.message import EmailMessage
from functools import cache
from uuid import UUID

from bigcat_graphql import jobs
from bigcat_graphql.models import Channel
from bigcat_graphql.notifications import records
from bigcat_graphql.notifications.envelopes import address_mail, read_mailbox
from bigcat_graphql.notifications.letters import Picture, write_letter
from bigcat_graphql.notifications.occasions import read_topic
from bigcat_graphql.notifications.post import Post, SmtpServer
from bigcat_graphql.notifications.records import CLAIM_SECONDS
from bigcat_graphql.notifications.stories import Case, Story, Topic, read_case, tell
from bigcat_graphql.notifications.tickets import make_files
from bigcat_graphql.notifications.tickets.qr import draw_png
from bigcat_graphql.notifications.tickets.sheets import Sheaf, read_sheaf
from bigcat_graphql.settings import Settings, SettingsRefused, get_settings

# Where no server is spoken to, nothing takes long.
_CLAIM_MAILBOX_SECONDS = 5.0
# While the loop spends more than this share of its time with requests, mails take a twentieth.
_BUSY_SHARE = 0.1
_LOOK_SECONDS, _PAUSE_SECONDS = 0.02, 0.4

# A mail with tickets takes some 20 ms of CPU: one at a time, off the loop.
_desk = asyncio.Lock()


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail before it has a place in the world."""

    topic: Topic
    case: Case
    story: Story
    sheaf: Sheaf | None


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
    sheaf = await read_sheaf(case.booking) if story.with_tickets else None
    await _send(Draft(topic, case, story, sheaf))


async def hand_in(mail: EmailMessage) -> None:
    """Give a mail to the server, if one is set.

    Raises:
        Hopeless: the server will never take it.
        Exception: it did not now; another time it may.
    """
    url = get_settings().smtp_url
    if url:
        await _post(url).hand_in(mail)


async def _send(draft: Draft) -> None:
    settings = get_settings()
    message_id = await records.claim(
        draft.topic,
        Channel.MAIL,
        recipient=draft.case.reader.email,
        claim_seconds=CLAIM_SECONDS if settings.smtp_url else _CLAIM_MAILBOX_SECONDS,
    )
    if message_id is None:
        return
    try:
        async with _desk:
            await _let_buyers_go_first()
            mail = await asyncio.to_thread(_make, message_id, draft)
        await hand_in(mail)
    except Exception:
        await records.give_up(message_id)
        raise
    kept = await asyncio.to_thread(bytes, mail) if settings.mailbox else None
    await records.note_sent(message_id, subject=mail["Subject"], content=kept)


async def _let_buyers_go_first() -> None:
    """Make room while the loop is busy; a mail is waited for as well, so not for ever."""
    clock = asyncio.get_running_loop().time
    begun, spent = clock(), time.thread_time()
    await asyncio.sleep(_LOOK_SECONDS)
    if time.thread_time() - spent > _BUSY_SHARE * (clock() - begun):
        await asyncio.sleep(_PAUSE_SECONDS)


def _make(message_id: UUID, draft: Draft) -> EmailMessage:
    case, sheaf = draft.case, draft.sheaf
    letter = write_letter(
        draft.topic.kind.value,
        case.locale,
        words=draft.story.words,
        pictures=_draw(sheaf) if sheaf else (),
    )
    return address_mail(
        message_id,
        letter,
        name=case.reader.name,
        email=case.reader.email,
        files=make_files(sheaf, case.locale) if sheaf else (),
        settings=get_settings(),
    )


def _draw(sheaf: Sheaf) -> list[Picture]:
    return [
        Picture(f"{sheet.ticket_id.hex}@bigcat", sheet.seat, sheet.code, draw_png(sheet.code))
        for sheet in sheaf.sheets
    ]


def check_settings(settings: Settings) -> None:
    """Refuse settings that no mail can be sent with, before somebody waits for one.

    Raises:
        SettingsRefused: the text names the variable.
    """
    if settings.smtp_url:
        SmtpServer.parse(settings.smtp_url)
    for variable, text in (
        ("BIGCAT_MAIL_FROM", settings.mail_from),
        ("BIGCAT_MAIL_REPLY_TO", settings.mail_reply_to),
    ):
        try:
            if text is not None:
                read_mailbox(text)
        except (ValueError, HeaderParseError) as error:
            raise SettingsRefused(f"{variable}: {error}") from None


@cache
def _post(url: str) -> Post:
    return Post(SmtpServer.parse(url))
