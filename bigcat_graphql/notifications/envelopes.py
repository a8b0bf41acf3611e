"""A letter as a mail: text and HTML, pictures within it, files beside it."""

from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID

from email_validator import validate_email

from bigcat_graphql.clock import utc_now
from bigcat_graphql.notifications.headers import make_headers
from bigcat_graphql.notifications.letters import Letter, one_line
from bigcat_graphql.notifications.tickets import Attachment
from bigcat_graphql.settings import Settings

_ASCII = SMTP.clone(header_factory=make_headers())
_UTF8 = _ASCII.clone(utf8=True)


def address_mail(
    message_id: UUID,
    letter: Letter,
    *,
    name: str,
    email: str,
    files: Sequence[Attachment] = (),
    settings: Settings,
) -> EmailMessage:
    """Put a letter into an envelope.

    The same message has the same Message-ID each time it is sent, so that programs for mail show
    one that arrived twice once.
    """
    reader = read_reader(name, email)
    mail = EmailMessage(policy=_ASCII if reader.username.isascii() else _UTF8)
    sender = read_mailbox(settings.mail_from)
    mail["From"] = sender
    mail["To"] = reader
    if settings.mail_reply_to:
        mail["Reply-To"] = read_mailbox(settings.mail_reply_to)
    mail["Subject"] = letter.subject
    mail["Date"] = utc_now()
    mail["Message-ID"] = f"<{message_id}@{sender.domain}>"
    # RFC 3834: no out-of-office answers to a machine.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, cte="quoted-printable")
    _add_html(mail, letter)
    for file in files:
        kind, _, rest = file.media_type.partition("/")
        subtype, *parameters = rest.split("; ")
        mail.add_attachment(
            file.content,
            maintype=kind,
            subtype=subtype,
            filename=file.name,
            params=dict(part.split("=", 1) for part in parameters),
        )
    return mail


def read_reader(name: str, email: str) -> Address:
    """Write down who reads a mail, as mail servers know them: domains have ASCII names.

    What stands before the @ has none: such a mail takes a server that knows SMTPUTF8.
    """
    known = validate_email(email, check_deliverability=False)
    return Address(one_line(name), username=known.local_part, domain=known.ascii_domain)


def read_mailbox(text: str) -> Address:
    """Read `Box office <tickets@example.com>` or an address alone.

    Raises:
        ValueError: it is neither.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = one_line(text)
    addresses: tuple[Address, ...] = mail["From"].addresses
    if len(addresses) != 1 or not addresses[0].domain:
        raise ValueError(f"{text!r} is not like Box office <tickets@example.com>")
    return addresses[0]


def _add_html(mail: EmailMessage, letter: Letter) -> None:
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    html = list(mail.iter_parts())[-1]
    for number, picture in enumerate(letter.pictures, start=1):
        html.add_related(
            picture.png,
            maintype="image",
            subtype="png",
            cid=f"<{picture.content_id}>",
            filename=f"ticket-{number}.png",
            disposition="inline",
        )
