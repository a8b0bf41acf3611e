"""Sending one message about a booking to a phone."""

from bigcat_graphql import jobs
from bigcat_graphql.models import Channel
from bigcat_graphql.notifications import records, sms
from bigcat_graphql.notifications.letters import write_text
from bigcat_graphql.notifications.occasions import read_topic
from bigcat_graphql.notifications.stories import read_case, tell
from bigcat_graphql.settings import get_settings


async def send_text(payload: jobs.Payload) -> None:
    """Send the text that a job names, once, to whoever has left a number.

    As with mails, a process that dies between the service's answer and ours sends it again.

    Raises:
        StillSending: another process is at it.
        Hopeless: it will never be delivered there.
    """
    topic, notifier = read_topic(payload), sms.choose_notifier(get_settings())
    if notifier is None or await records.is_sent(topic, Channel.SMS):
        return
    case = await read_case(topic.booking)
    story = await tell(case, topic)
    phone = case.reader.phone
    if story is None or phone is None:
        return
    text = write_text(topic.kind.value, case.locale, words=story.words)
    message_id = await records.claim(
        topic, Channel.SMS, recipient=phone, claim_seconds=records.CLAIM_SECONDS
    )
    if message_id is None:
        return
    try:
        await notifier.send(phone, text)
    except Exception:
        await records.give_up(message_id)
        raise
    await records.note_sent(message_id, subject="")
