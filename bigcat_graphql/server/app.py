"""The whole server as one ASGI app."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import strawberry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from bigcat_graphql.payments.play_money import PlayMoney
from bigcat_graphql.server.budget import CallerBudgets
from bigcat_graphql.server.callers import Callers
from bigcat_graphql.server.connections import HeldConnections
from bigcat_graphql.server.events import Events
from bigcat_graphql.server.execution import Engine
from bigcat_graphql.server.explorer import Explorer
from bigcat_graphql.server.front_page import FrontPage
from bigcat_graphql.server.health import Health
from bigcat_graphql.server.http import GraphQLOverHttp
from bigcat_graphql.server.immutable_documents import ImmutableDocuments
from bigcat_graphql.server.mailbox import Mailbox
from bigcat_graphql.server.missing import answer_refusal
from bigcat_graphql.server.origins import CORS_HEADERS, Origins
from bigcat_graphql.server.persisted import PersistedDocuments
from bigcat_graphql.server.play_desk import PlayDesk
from bigcat_graphql.server.safety import SafeHeaders
from bigcat_graphql.server.services import Services
from bigcat_graphql.server.shortcut import ShortcutApp
from bigcat_graphql.server.ticket_files import TicketFiles
from bigcat_graphql.server.webhooks import Webhooks
from bigcat_graphql.server.websocket import GraphQLOverWebSocket
from bigcat_graphql.settings import Settings, SettingsRefused

_PREFLIGHT_SECONDS = 600
# The part of the graceful time in which sockets finish their answers; the rest is for closing.
_FINISHING = 0.8
# How many documents are kept in memory: a plan of 20,000 seats is about 400 kB and 60 kB
# compressed, the record of a draw of 100,000 is 11 MB and 7 MB.
_PLANS = 64
_DRAWS = 2


def create_app(settings: Settings, schema: strawberry.Schema, services: Services) -> Starlette:
    """Build the app; `app.state.closing` is an event that tells it to come to an end.

    Raises:
        SettingsRefused: the trusted documents cannot be read.
    """
    closing = asyncio.Event()
    engine = Engine(
        schema,
        make_context=services.make_context,
        budgets=CallerBudgets(
            settings.rate_points,
            settings.rate_points_per_second,
            accounts_per_address=settings.rate_accounts_per_address,
        ),
        persisted=PersistedDocuments(settings.persisted_documents, _read_trusted(settings)),
        introspection=settings.introspection,
    )
    events = Events(engine)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with services.run():
            yield

    app = ShortcutApp(
        routes=_routes(settings, services, events, closing),
        middleware=_middleware(settings),
        exception_handlers={HTTPException: answer_refusal},
        lifespan=lifespan,
    )
    app.state.closing = closing
    app.state.events = events
    return app


def _routes(
    settings: Settings, services: Services, events: Events, closing: asyncio.Event
) -> list[BaseRoute]:
    origins = Origins.of(settings)
    callers = Callers(services.authenticate, settings.public_url)
    health = Health(services.find_fault, closing, services.find_flaws)
    held = HeldConnections(_most_held(settings))
    http = GraphQLOverHttp(events, callers=callers, origins=origins, closing=closing, held=held)
    sockets = GraphQLOverWebSocket(
        events,
        callers=callers,
        origins=origins,
        held=held,
        finish_seconds=settings.graceful_seconds * _FINISHING,
    )
    explorer = Explorer(services.find_examples) if settings.explorer else None
    page = FrontPage(
        services.count_on_sale, explorer=explorer is not None, mailbox=settings.mailbox
    )
    mailbox = Mailbox(services.list_mails, services.read_mail) if settings.mailbox else None
    desk = PlayDesk(services.find_play_action, services.answer_play_action, origins)
    plays = PlayMoney.name in settings.payment_providers
    return [
        Route("/graphql", http),
        WebSocketRoute("/graphql", sockets),
        Route("/", page.show),
        Route("/static/{name}", page.send_asset),
        Route("/healthz", health.live),
        Route("/readyz", health.ready),
        Route("/webhooks/{provider}", Webhooks(services.take_webhook).receive, methods=["POST"]),
        Route("/plans/{name}.json", ImmutableDocuments(services.read_plan, most_kept=_PLANS).send),
        Route("/draws/{name}.json", ImmutableDocuments(services.read_draw, most_kept=_DRAWS).send),
        *TicketFiles(services.open_ticket_file, services.read_ticket_keys).routes(),
        *(explorer.routes() if explorer else ()),
        *(mailbox.routes() if mailbox else ()),
        *(desk.routes() if plays else ()),
    ]


def _most_held(settings: Settings) -> int:
    # Whatever the settings say, a tenth of the connections is left for questions like /healthz.
    return min(settings.max_sockets, settings.max_connections * 9 // 10)


def _middleware(settings: Settings) -> list[Middleware]:
    allowed = Origins.of(settings).allowed
    cors = Middleware(
        CORSMiddleware,
        allow_origins=allowed,
        allow_methods=["GET", "POST"],
        allow_headers=CORS_HEADERS,
        max_age=_PREFLIGHT_SECONDS,
    )
    return [Middleware(SafeHeaders), *([cors] if allowed else [])]


def _read_trusted(settings: Settings) -> list[str]:
    if settings.trusted_documents is None:
        return []
    try:
        documents = json.loads(settings.trusted_documents.read_text())
        return [str(text) for text in documents.values()]
    except (OSError, ValueError, AttributeError) as error:
        raise SettingsRefused(f"BIGCAT_TRUSTED_DOCUMENTS: {error}") from None
