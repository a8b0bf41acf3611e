"""What the server needs of the rooms below, in one value, so that tests can stand in for them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from bigcat_graphql.errors import NotFound
from bigcat_graphql.notifications import KeptMail
from bigcat_graphql.payments import PlayAction
from bigcat_graphql.payments.notices import NoInbox
from bigcat_graphql.server.callers import Authenticate
from bigcat_graphql.server.execution import ContextMaker
from bigcat_graphql.server.mailbox import ListMails, ReadMail
from bigcat_graphql.server.play_desk import AnswerAction, FindAction
from bigcat_graphql.server.ticket_files import OpenFile, ReadKeys, SentFile
from bigcat_graphql.server.webhooks import TakeWebhook


async def _nothing(_: str) -> bytes | None:
    return None


async def _ready() -> str | None:
    return None


def _flawless() -> list[str]:
    return []


async def _unknown() -> int | None:
    return None


async def _no_examples() -> Mapping[str, object]:
    return {}


async def _no_action(_concert_id: UUID, _client_secret: str) -> PlayAction | None:
    return None


async def _answer_nobody(concert_id: UUID, client_secret: str, *, approves: bool) -> None:
    del concert_id, client_secret, approves
    raise NotFound(("clientSecret",))


async def _no_inbox(provider: str, body: bytes, headers: Mapping[str, str]) -> None:
    del body, headers
    raise NoInbox(provider)


async def _no_file(_token: str, _file: str) -> SentFile | None:
    return None


async def _no_keys() -> Mapping[str, object]:
    return {"keys": []}


async def _no_mails() -> Sequence[KeptMail]:
    return ()


async def _no_mail(_: UUID) -> bytes | None:
    return None


@asynccontextmanager
async def _at_rest() -> AsyncIterator[None]:
    yield


@dataclass(frozen=True, slots=True)
class Services:
    """Functions of the lower rooms; all but the first two may be left out."""

    authenticate: Authenticate
    make_context: ContextMaker
    read_plan: Callable[[str], Awaitable[bytes | None]] = _nothing
    """The document of a plan by its content hash."""
    read_draw: Callable[[str], Awaitable[bytes | None]] = _nothing
    """The record of a draw by its sale's id."""
    find_fault: Callable[[], Awaitable[str | None]] = _ready
    """What keeps the server from being ready; nothing when it is."""
    find_flaws: Callable[[], Sequence[str]] = _flawless
    """What works less well than it should, though the server is ready."""
    count_on_sale: Callable[[], Awaitable[int | None]] = _unknown
    """How many concerts are on sale, for the front page."""
    find_examples: Callable[[], Awaitable[Mapping[str, object]]] = _no_examples
    """Values of the present data for the explorer's tabs, by placeholder."""
    take_webhook: TakeWebhook = _no_inbox
    """What to do with what a payment provider tells."""
    find_play_action: FindAction = _no_action
    """What the buyer is asked on a page of provider `test`, by concert and secret."""
    answer_play_action: AnswerAction = _answer_nobody
    """What to do with the answer."""
    open_ticket_file: OpenFile = _no_file
    """A ticket's file by the token and the name in its link."""
    read_ticket_keys: ReadKeys = _no_keys
    """The public keys that check ticket codes."""
    list_mails: ListMails = _no_mails
    """What was sent, for the mailbox of the demo."""
    read_mail: ReadMail = _no_mail
    """One mail as it was sent, by its id."""
    run: Callable[[], AbstractAsyncContextManager[None]] = _at_rest
    """What runs as long as the server does."""
