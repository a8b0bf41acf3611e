"""Messages and tickets: what to say, and how to send it."""

from bigcat_graphql import accounts, jobs
from bigcat_graphql.notifications import occasions
from bigcat_graphql.notifications.again import resend_confirmation
from bigcat_graphql.notifications.audience import AUDIENCE, tell_audience, tell_next
from bigcat_graphql.notifications.delivery import check_settings, send_mail
from bigcat_graphql.notifications.email_codes import send_email_code
from bigcat_graphql.notifications.records import KeptMail, kept_content, kept_mails
from bigcat_graphql.notifications.reminders import remind, remind_for_ever
from bigcat_graphql.notifications.stories import Kind
from bigcat_graphql.notifications.texting import send_text

__all__ = [
    "KeptMail",
    "Kind",
    "check_settings",
    "kept_content",
    "kept_mails",
    "remind",
    "remind_for_ever",
    "resend_confirmation",
    "take_part",
    "tell_audience",
]

# 5 s doubling to an hour: about a day, as mail servers do among themselves.
_MAIL_RETRY = jobs.Retry(attempts=34)


def take_part() -> None:
    """Write messages down in the transactions that cause them, and send them; at start-up."""
    occasions.join_transactions()
    jobs.handle(occasions.MAIL, send_mail, retry=_MAIL_RETRY, lane=jobs.Lane.PATIENT)
    jobs.handle(occasions.SMS, send_text, lane=jobs.Lane.PATIENT)
    jobs.handle(AUDIENCE, tell_next, lane=jobs.Lane.PATIENT)
    # Somebody waits for it: not behind ten thousand confirmations.
    jobs.handle(accounts.EMAIL_CODE, send_email_code)
