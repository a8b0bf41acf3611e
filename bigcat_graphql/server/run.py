"""The process: uvicorn, told to start, to refuse slow attackers, and to stop in good order."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import strawberry
import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette

from bigcat_graphql.server.app import create_app
from bigcat_graphql.server.bounded_http import KEEP_ALIVE_SECONDS, PatientlyBounded
from bigcat_graphql.server.descriptors import allow_connections
from bigcat_graphql.server.logs import set_up_logs
from bigcat_graphql.server.services import Services
from bigcat_graphql.server.straight_socket import MOST_UNSENT_BYTES, StraightSocket
from bigcat_graphql.settings import Settings

MAX_MESSAGE_BYTES = 64 * 1024
BACKLOG = 2_048
# Looked through for cycles when there are so many: of Python's own 700, a hundred requests under
# way are full at once, and a tenth of a rush would be spent on looking. To look takes 1 ms.
_YOUNG_OBJECTS = 10_000
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_log = structlog.get_logger(__name__)


def run(
    settings: Settings,
    schema: strawberry.Schema,
    services: Services,
    *,
    on_started: Callable[[str], None] | None = None,
) -> None:
    """Serve on an event loop of its own; see `serve`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, schema, services, on_started=on_started))


async def serve(
    settings: Settings,
    schema: strawberry.Schema,
    services: Services,
    *,
    listener: socket.socket | None = None,
    on_started: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then come to an end in order; returns when all is done.

    With a `listener` its connections are taken, and no line is logged at the start: the address is
    others' to announce. `on_started` is told it, with the port that the system chose for port 0.
    """
    set_up_logs(settings)
    allow_connections(settings.max_connections)
    app = create_app(settings, schema, services)
    server = Server(app, settings, on_started)
    await server.serve(sockets=None if listener is None else [listener])


def address_of(listener: socket.socket) -> str:
    """Say where people on this machine find it."""
    host, port = listener.getsockname()[:2]
    if host in {"127.0.0.1", "0.0.0.0", "::", "::1"}:  # noqa: S104 - shown, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn that first says it is closing, then closes, and exits by returning."""

    def __init__(
        self,
        app: Starlette,
        settings: Settings,
        on_started: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(_configure(app, settings))
        self._closing: asyncio.Event = app.state.closing
        self._drain_seconds = settings.drain_seconds
        self._on_started = on_started
        self._draining: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals on the loop; uvicorn would die of them again after the good end."""
        loop = asyncio.get_running_loop()
        for one in _SIGNALS:
            loop.add_signal_handler(one, self.handle_exit, one, None)
        try:
            yield
        finally:
            for one in _SIGNALS:
                loop.remove_signal_handler(one)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Begin to stop; a second signal stops at once what still runs."""
        if self._closing.is_set():
            self.should_exit = self.force_exit = True
            return
        _log.info("stopping", signal=signal.Signals(sig).name)
        self._closing.set()
        self._draining = asyncio.ensure_future(self._drain())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell the address."""
        await super().startup(sockets=sockets)
        for listener in (one for server in self.servers for one in server.sockets):
            _keep_little_unsent(listener)
        # What is here now stays: looking through all of it for garbage would stop the loop for
        # tens of milliseconds, again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
        address = address_of(self.servers[0].sockets[0])
        if sockets is None:
            _log.info("serving", address=address)
        if self._on_started is not None:
            self._on_started(address)

    async def _drain(self) -> None:
        # Until the balancer has seen /readyz say 503, new requests are still welcome.
        await asyncio.sleep(self._drain_seconds)
        self.should_exit = True


def _keep_little_unsent(listener: socket.socket) -> None:
    """Have the kernel take no more of a slow reader's bytes than it can send soon.

    Megabytes of old news would wait there, unseen by us who could skip it. Every connection
    inherits it from its listener.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)  # Linux and macOS have it
    if option is not None and listener.family in {socket.AF_INET, socket.AF_INET6}:
        # uvloop's sockets have no setsockopt: the same one again, by another descriptor.
        with socket.socket(fileno=os.dup(listener.fileno())) as same:
            same.setsockopt(socket.IPPROTO_TCP, option, MOST_UNSENT_BYTES)


def _configure(app: Starlette, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=PatientlyBounded,
        ws=StraightSocket,
        # Deflate costs 60 kB and much time per socket; frames are small and many.
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        backlog=BACKLOG,
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.graceful_seconds,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )
