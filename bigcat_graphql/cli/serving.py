"""`bigcat serve`."""

import errno
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from bigcat_graphql.cli.payment_settings import doubts_about_payments
from bigcat_graphql.cli.places import database_place, run, run_in, run_on_database
from bigcat_graphql.cli.terminal import Refused, note
from bigcat_graphql.server.lifespan import connect_rooms
from bigcat_graphql.server.run import serve as serve_http
from bigcat_graphql.settings import Settings, get_settings, override_settings


def serve(*, demo: bool, host: str | None, port: int | None, workers: int | None = None) -> None:
    """Serve until told to stop.

    Raises:
        Refused: the address is taken, or none of this machine's.
    """
    given: dict[str, object] = {"host": host, "port": port, "workers": workers}
    chosen = {name: value for name, value in given.items() if value is not None}
    if demo and not get_settings().smtp_url:
        chosen["mailbox"] = True
    with override_settings(**chosen) as settings:
        for doubt in doubts_about_payments(settings):
            note(f"Warning: {doubt}.")
        _check_address(settings)
        if settings.workers > 1:
            _serve_by_many(settings, demo=demo, chosen=chosen)
        else:
            run_on_database(lambda: _serve(settings, demo=demo))


def _check_address(settings: Settings) -> None:
    """Refuse at once what the server would find out after the database is open and filled."""
    host, port = settings.host, settings.port
    try:
        refusals = [_try_address(place) for place in _places_of(host, port)]
    except OSError as unknown:
        raise Refused(f"{host}:{port} cannot be opened: {unknown.strerror}.") from None
    if any(refusal and refusal.errno == errno.EADDRINUSE for refusal in refusals):
        raise Refused(
            f"{host}:{port} is taken: stop what serves there, or choose another port with --port"
            " or BIGCAT_PORT."
        )
    # A name may have an address of a family that this machine is without: one is enough.
    if all(refusals) and refusals[0]:
        raise Refused(f"{host}:{port} cannot be opened: {refusals[0].strerror}.")


def _places_of(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


def _try_address(where: tuple[socket.AddressFamily, Any]) -> OSError | None:
    family, place = where
    try:
        # Bound and not listened to: nobody shall be let in and thrown out again.
        with socket.socket(family) as probe:
            if os.name == "posix":  # a server that has just ended leaves connections behind
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(place)
    except OSError as refusal:
        return refusal
    return None


async def _serve(settings: Settings, *, demo: bool) -> None:
    # Late, for it takes a second: a database that is not there is told before.
    from bigcat_graphql.resolvers.api import schema  # noqa: PLC0415

    welcome = await _open_demo(settings) if demo else None
    await serve_http(settings, schema, connect_rooms(), on_started=welcome)


def _serve_by_many(settings: Settings, *, demo: bool, chosen: Mapping[str, object]) -> None:
    from bigcat_graphql.cli import serving_by_many  # noqa: PLC0415 - what one process does not need

    with database_place() as place:
        welcome = run_in(place, lambda: _prepare(settings, demo=demo))
        # The place is kept: PostgreSQL must not stop between this and the first process.
        run(serving_by_many.look_after(settings, chosen=chosen, on_started=welcome))


async def _prepare(settings: Settings, *, demo: bool) -> Callable[[str], None] | None:
    return await _open_demo(settings) if demo else None


async def _open_demo(settings: Settings) -> Callable[[str], None]:
    from bigcat_graphql.cli import demo  # noqa: PLC0415 - a season that only --demo needs

    await demo.furnish()
    return lambda address: note(demo.describe(address, host=settings.host))
