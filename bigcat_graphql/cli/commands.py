"""The verbs and their options; each imports what it needs only when it is called."""

# ruff: noqa: PLC0415 - see the module's first line: `bigcat --help` must not load the ORM

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bigcat_graphql import __version__
from bigcat_graphql.cli.after_sale_commands import jobs_app, ticket_app
from bigcat_graphql.cli.sale_commands import (
    presale_app,
    queue_app,
    refund_app,
    simulate_fairness,
    verify_draw,
)

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]

app = typer.Typer(
    help="A concert box office that anybody can host.",
    epilog=(
        "Exit codes: 0 done, 1 refused or failed, 2 wrong usage or settings, 130 interrupted."
        " Settings are environment variables: see `bigcat config`."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
import_app = typer.Typer(help="Read data of others.", no_args_is_help=True)
user_app = typer.Typer(help="Accounts.", no_args_is_help=True)
app.add_typer(import_app, name="import")
app.add_typer(user_app, name="user")
app.add_typer(queue_app, name="queue")
app.add_typer(presale_app, name="presale")
app.add_typer(refund_app, name="refunds")
app.command("verify-draw")(verify_draw)
app.command("fairness-sim")(simulate_fairness)
app.add_typer(jobs_app, name="jobs")
app.add_typer(ticket_app, name="ticket")


class Role(StrEnum):
    """Roles that can be given by hand."""

    buyer = "buyer"
    organizer = "organizer"
    admin = "admin"


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bigcat {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: ARG001 - its callback has said it and ended
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say which version."),
    ] = False,
) -> None:
    # Only where there is something to look at: reading settings costs `--help` a tenth of a second.
    if any(name.startswith("BIGCAT_") for name in os.environ):
        from bigcat_graphql.cli import configuration

        configuration.note_unknown_variables()


@app.command()
def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty database with a season and accounts.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes to serve with.")
    ] = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; without DATABASE_URL on a PostgreSQL of its own."""
    from bigcat_graphql.cli import serving

    serving.serve(demo=demo, host=host, port=port, workers=workers)


@app.command()
def worker() -> None:
    """Run jobs until Ctrl-C or SIGTERM, for servers with BIGCAT_JOBS=off; any number may."""
    from bigcat_graphql.cli import working

    working.work()


@app.command("payments")
def list_payments(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the money that a person has to look at, and why; see docs/payments.md."""
    from bigcat_graphql.cli import payment_list

    payment_list.list_attention(limit=limit, as_json=as_json)


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if something is pending.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database's tables up to date; any number may try at once."""
    from bigcat_graphql.cli import upkeep

    upkeep.migrate(check=check, as_json=as_json)


@app.command()
def seed(as_json: AsJson = False) -> None:
    """Put a season of concerts on sale, from today on; again adds only what is missing."""
    from bigcat_graphql.cli import seasons

    seasons.seed(as_json=as_json)


@import_app.command("nyphil")
def import_nyphil(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON, or gzip of it.")],
    as_json: AsJson = False,
) -> None:
    """Read the New York Philharmonic's programmes as past concerts; again adds only new ones."""
    from bigcat_graphql.cli import imports

    imports.import_nyphil(file, as_json=as_json)


@import_app.command("plan")
def import_plan(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="pretix format, JSON.")],
    venue: Annotated[str, typer.Option(help="Slug of the venue.")],
    name: Annotated[str | None, typer.Option(help="Name; left out means the file's.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Repair what can safely be repaired.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, save nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a seating plan as the venue's next version, or name every fault it has."""
    from bigcat_graphql.cli import plans

    plans.import_plan(file, venue, name=name, fix=fix, dry_run=dry_run, as_json=as_json)


@user_app.command("create")
def create_user(
    email: Annotated[str, typer.Argument(help="Case does not matter.")],
    role: Annotated[
        Role, typer.Option(case_sensitive=False, help="What the account may do.")
    ] = Role.buyer,
    name: Annotated[str | None, typer.Option(help="For people; left out, made of EMAIL.")] = None,
    phone: Annotated[str | None, typer.Option(help="For texts, like +49301234567.")] = None,
    locale: Annotated[str | None, typer.Option(help="Of its messages, like de-AT.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin, one line.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make an account; if it is there already, with this role, nothing changes."""
    from bigcat_graphql.cli import users

    users.create_user(
        email,
        role=role.value,
        name=name,
        phone=phone,
        locale=locale,
        password_stdin=password_stdin,
        as_json=as_json,
    )


@app.command()
def schema(
    check: Annotated[bool, typer.Option("--check", help="Compare the file with the code.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the file.")] = False,
    file: Annotated[
        Path | None, typer.Option(help="The file; left out, the checkout's schema.graphql.")
    ] = None,
) -> None:
    """Print the GraphQL schema in SDL."""
    if check and write:
        raise typer.BadParameter("--check and --write exclude each other")
    from bigcat_graphql.cli import sdl

    sdl.show_schema(file, check=check, write=write)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check what bigcat needs here, and fail if something is wrong."""
    from bigcat_graphql.cli import checks

    checks.examine(as_json=as_json)


@app.command("onsale-sim")
def simulate_sale(
    seconds: Annotated[float, typer.Option(min=10, max=86_400, help="How long.")] = 600,
    buyers: Annotated[int, typer.Option(min=10, max=20_000, help="How many people.")] = 2_000,
    visits_per_second: Annotated[
        float, typer.Option(min=1, max=10_000, help="How often somebody comes to buy.")
    ] = 60,
    seed: Annotated[int | None, typer.Option(help="Of the dice; left out, a new one.")] = None,
    kill: Annotated[
        bool, typer.Option("--kill/--no-kill", help="Kill servers and PostgreSQL (-9).")
    ] = True,
    picture: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write throughput over time as SVG.")
    ] = None,
    logs: Annotated[
        Path | None, typer.Option(file_okay=False, help="Keep the servers' logs here.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a rush on servers that are killed, and prove that no seat is sold twice.

    Everything is its own: two servers on loopback, a PostgreSQL in a temporary directory. Fails
    when anything broke.
    """
    from bigcat_graphql.cli import onsale

    onsale.simulate_sale(
        seconds=seconds,
        buyers=buyers,
        visits_per_second=visits_per_second,
        seed=seed,
        kill=kill,
        picture=picture,
        logs=logs,
        as_json=as_json,
    )


@app.command()
def config(as_json: AsJson = False) -> None:
    """Show the settings in effect and their variables; secrets stay hidden."""
    from bigcat_graphql.cli import configuration

    configuration.show_settings(as_json=as_json)
