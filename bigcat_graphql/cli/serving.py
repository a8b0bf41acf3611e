"""`bigcat serve`."""

from bigcat_graphql.cli import demo as demonstration
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import note
from bigcat_graphql.server.lifespan import connect_rooms
from bigcat_graphql.server.run import serve as serve_http
from bigcat_graphql.settings import Settings, override_settings


def serve(*, demo: bool, host: str | None, port: int | None) -> None:
    """Serve until told to stop."""
    given: dict[str, object] = {"host": host, "port": port}
    chosen = {name: value for name, value in given.items() if value is not None}
    with override_settings(**chosen) as settings:
        run_on_database(lambda: _serve(settings, demo=demo))


async def _serve(settings: Settings, *, demo: bool) -> None:
    # Late, for it takes a second: a database that is not there is told before.
    from bigcat_graphql.resolvers.api import schema  # noqa: PLC0415

    if demo:
        await demonstration.furnish()

    def tell(address: str) -> None:
        if demo:
            note(demonstration.describe(address, host=settings.host))

    await serve_http(settings, schema, connect_rooms(), on_started=tell)
