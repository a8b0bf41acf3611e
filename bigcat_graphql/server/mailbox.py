"""The demo's mailbox at `/mailbox`: every mail that was sent, for everybody who comes here."""

import base64
import email
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from importlib import resources
from string import Template
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bigcat_graphql.notifications import KeptMail
from bigcat_graphql.server.missing import say_missing
from bigcat_graphql.server.safety import PAGE_POLICY

ListMails = Callable[[], Awaitable[Sequence[KeptMail]]]
ReadMail = Callable[[UUID], Awaitable[bytes | None]]

_PAGE = (resources.files("bigcat_graphql.server") / "static" / "mailbox.html").read_text("utf-8")
_WITH_FRAME = f"{PAGE_POLICY}; frame-src 'self'"
# What a mail brings may look like something and can do nothing, wherever it is opened.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
)
_FRAME = "The mail as its reader sees it"
_FRAME_PIXELS, _TICKET_PIXELS = 740, 420
_CID = re.compile(r"cid:([^\"'\s>]+)")


class Mailbox:
    """The routes under `/mailbox`."""

    def __init__(self, list_mails: ListMails, read_mail: ReadMail) -> None:
        self._list_mails = list_mails
        self._read_mail = read_mail

    def routes(self) -> list[BaseRoute]:
        """List them."""
        return [
            Route("/mailbox", self.show_all),
            Route("/mailbox/{mail_id:uuid}", self.show_one),
            Route("/mailbox/{mail_id:uuid}/html", self.send_html),
            Route("/mailbox/{mail_id:uuid}/files/{number:int}", self.send_file),
        ]

    async def show_all(self, _: Request) -> Response:
        """List the mails, the newest first."""
        mails = await self._list_mails()
        items = "\n".join(_list_item(mail) for mail in mails)
        empty = '<p class="status">No mail yet: book and pay some seats.</p>'
        return _page(
            title="Mailbox of the bigcat demo",
            heading="Mailbox",
            lead="What the box office has sent. In the demo no mail leaves this machine.",
            content=f'<ol class="mails">\n{items}\n</ol>' if mails else empty,
            back='<a href="/">To the front page</a>',
        )

    async def show_one(self, request: Request) -> Response:
        """Show a mail as its reader sees it, with its files."""
        mail = await self._find(request)
        if mail is None:
            return _nothing(request)
        return _page(
            title=f"{mail['Subject']} · Mailbox",
            heading=str(mail["Subject"]),
            lead=f"To {mail['To']}, from {mail['From']}",
            content=_show_mail(mail, str(request.url.path)),
            back='<a href="/mailbox">To all mails</a>',
            layout="mail",
        )

    async def send_html(self, request: Request) -> Response:
        """Send a mail's HTML for its frame, pictures within."""
        mail = await self._find(request)
        body = mail.get_body(("html",)) if mail else None
        if mail is None or body is None:
            return _nothing(request)
        pictures = {str(part["Content-ID"]).strip("<>"): part for part in _pictures(mail)}
        html = _CID.sub(lambda found: _embed(pictures.get(found[1])), str(body.get_content()))
        return HTMLResponse(html, headers=_private(_MAIL_POLICY))

    async def send_file(self, request: Request) -> Response:
        """Send a file that came with a mail, to be saved."""
        mail = await self._find(request)
        files = list(mail.iter_attachments()) if mail else []
        number = request.path_params["number"]
        if not 1 <= number <= len(files):
            return _nothing(request)
        file = files[number - 1]
        name = quote(file.get_filename() or "file", safe="")
        headers = _private(_MAIL_POLICY)
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{name}"
        return Response(_content(file), media_type=file.get_content_type(), headers=headers)

    async def _find(self, request: Request) -> EmailMessage | None:
        content = await self._read_mail(request.path_params["mail_id"])
        return email.message_from_bytes(content, policy=SMTP) if content else None


def _page(
    *, title: str, heading: str, lead: str, content: str, back: str, layout: str = ""
) -> Response:
    page = Template(_PAGE).substitute(
        title=escape(title),
        heading=escape(heading),
        lead=escape(lead),
        content=content,
        back=back,
        layout=layout,
    )
    return HTMLResponse(page, headers=_private(_WITH_FRAME))


def _list_item(mail: KeptMail) -> str:
    when = f"{mail.sent_at:%Y-%m-%d %H:%M} UTC"
    return (
        f'<li><a href="/mailbox/{mail.id}"><strong dir="auto">{escape(mail.subject)}</strong>'
        f'<time datetime="{mail.sent_at.isoformat()}">{when}</time>'
        f"<span>{escape(mail.recipient)}</span></a></li>"
    )


def _show_mail(mail: EmailMessage, path: str) -> str:
    text = mail.get_body(("plain",))
    # As high as the mail is, more or less: without scripts nothing can measure it.
    height = _FRAME_PIXELS + _TICKET_PIXELS * len(list(_pictures(mail)))
    words = escape(str(text.get_content())) if text else ""
    files = "".join(
        f'<li><a href="{path}/files/{number}" download>{escape(file.get_filename() or "file")}</a>'
        f" <span>{escape(file.get_content_type())}, {len(_content(file)) / 1000:.0f} kB</span></li>"
        for number, file in enumerate(mail.iter_attachments(), start=1)
    )
    return "\n".join(
        [
            f'<iframe src="{path}/html" height="{height}" sandbox title="{_FRAME}"></iframe>',
            f'<h2>Attached</h2><ul class="files">{files}</ul>' if files else "",
            f"<details><summary>As text</summary><pre>{words}</pre></details>",
        ]
    )


def _pictures(mail: EmailMessage) -> Iterable[EmailMessage]:
    return (part for part in mail.walk() if part.get_content_type() == "image/png")


def _embed(picture: EmailMessage | None) -> str:
    if picture is None:
        return ""
    return f"data:image/png;base64,{base64.b64encode(_content(picture)).decode()}"


def _content(part: EmailMessage) -> bytes:
    content = part.get_content()
    return content.encode() if isinstance(content, str) else bytes(content)


def _private(policy: str) -> dict[str, str]:
    return {"content-security-policy": policy, "cache-control": "no-store"}


def _nothing(request: Request) -> Response:
    return say_missing(request, "There is no such mail.")
