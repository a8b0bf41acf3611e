"""`bigcat serve`."""

from collections.abc import Callable, Mapping

from bigcat_graphql.cli.payment_settings import doubts_about_payments
from bigcat_graphql.cli.places import database_place, run, run_in, run_on_database
from bigcat_graphql.cli.terminal import note
from bigcat_graphql.server.lifespan import connect_rooms
from bigcat_graphql.server.run import serve as serve_http
from bigcat_graphql.settings import Settings, get_settings, override_settings


def serve(*, demo: bool, host: str | None, port: int | None, workers: int | None = None) -> None:
    """Serve until told to stop."""
    given: dict[str, object] = {"host": host, "port": port, "workers": workers}
    chosen = {name: value for name, value in given.items() if value is not None}
    if demo and not get_settings().smtp_url:
        chosen["mailbox"] = True
    with override_settings(**chosen) as settings:
        for doubt in doubts_about_payments(settings):
            note(f"Warning: {doubt}.")
        if settings.workers > 1:
            _serve_by_many(settings, demo=demo, chosen=chosen)
        else:
            run_on_database(lambda: _serve(settings, demo=demo))


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
