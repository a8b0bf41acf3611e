"""The verbs about how a concert is sold: queues, presales, draws and refunds."""

# ruff: noqa: PLC0415 - `bigcat --help` must not load the ORM

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Slug = Annotated[str, typer.Argument(help="The concert's slug.")]

queue_app = typer.Typer(help="Sale queues.", no_args_is_help=True)
refund_app = typer.Typer(help="What goes back when tickets are cancelled.", no_args_is_help=True)
presale_app = typer.Typer(help="Who may take part before everybody may.", no_args_is_help=True)


@queue_app.command("announce")
def announce_queue(concert: Slug, as_json: AsJson = False) -> None:
    """Put a sale queue in front of a sale that has not begun, and publish its commitment."""
    from bigcat_graphql.cli import queues

    queues.announce(concert, as_json=as_json)


@queue_app.command("end")
def end_queue(concert: Slug, as_json: AsJson = False) -> None:
    """Switch a sale queue off: from then on nobody needs an admission."""
    from bigcat_graphql.cli import queues

    queues.end(concert, as_json=as_json)


@refund_app.command("set")
def set_refunds(
    concert: Slug,
    step: Annotated[
        list[str] | None,
        typer.Option(help="HOURS:PERCENT: until so long before the start. The earliest first."),
    ] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="Nothing ever goes back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what goes back to buyers who cancel, like --step 336:100 --step 48:50.

    Bookings that are there keep what held when they were made.
    """
    from bigcat_graphql.cli import refunds

    if nothing == bool(step):
        raise typer.BadParameter("Give --step, once or more, or --nothing.")
    refunds.set_steps(concert, step or (), as_json=as_json)


@presale_app.command("set")
def set_presale(
    concert: Slug,
    until: Annotated[
        datetime | None,
        typer.Option(help="Until then only who is on the list or has a code; in UTC."),
    ] = None,
    verified_email: Annotated[
        bool, typer.Option("--verified-email", help="Only accounts with a verified e-mail.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say who may take part in a sale; without options everybody may."""
    from bigcat_graphql.cli import presales

    presales.set_rules(concert, until=until, verified_email=verified_email, as_json=as_json)


@presale_app.command("invite")
def invite(
    concert: Slug,
    file: Annotated[Path, typer.Argument(help="E-mails, one a line; - for standard input.")],
    as_json: AsJson = False,
) -> None:
    """Put e-mails on the list of a presale."""
    from bigcat_graphql.cli import presales

    presales.invite(concert, file, as_json=as_json)


@presale_app.command("codes")
def make_codes(
    concert: Slug,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many codes.")] = 1,
    uses: Annotated[int, typer.Option(min=1, help="How many accounts may use each.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make access codes and print them; only their digests are kept."""
    from bigcat_graphql.cli import presales

    presales.make_codes(concert, count=count, uses=uses, as_json=as_json)


def verify_draw(
    file: Annotated[Path, typer.Argument(help="The record, as `SaleDraw.recordUrl` gave it.")],
    receipt: Annotated[str | None, typer.Option(help="Also say the rank of this receipt.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compute the draw of a sale queue again from its record; fails unless everything fits."""
    from bigcat_graphql.cli import draws

    draws.verify_draw(file, receipt=receipt, as_json=as_json)


def simulate_fairness(
    people: Annotated[int, typer.Option(min=20, max=20_000, help="How many people.")] = 400,
    bots: Annotated[int, typer.Option(min=1, max=5_000, help="How many bots.")] = 60,
    farm: Annotated[int, typer.Option(min=0, max=5_000, help="Accounts of one farm.")] = 40,
    requests: Annotated[int, typer.Option(min=1, max=1_000, help="How often a bot joins.")] = 100,
    draws: Annotated[
        int, typer.Option(min=1, max=100_000, help="Draws of the same lobby.")
    ] = 5_000,
    drop_out: Annotated[
        float, typer.Option(min=0, max=0.95, help="Which part of the people is gone by then.")
    ] = 0.6,
    seconds: Annotated[
        float, typer.Option(min=20, max=3_600, help="How long the line moves.")
    ] = 60,
    choosing: Annotated[
        float,
        typer.Option(min=0, max=600, help="Seconds it takes to choose; they set the pace."),
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="Of the dice; left out, a new one.")] = None,
    picture: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write who won how often as SVG.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a sale with a queue in front of it, and measure how fair it is.

    Everything is its own: two servers on loopback, a PostgreSQL in a temporary directory. Fails
    when a measure is outside of its range.
    """
    from bigcat_graphql.cli import fairness

    fairness.simulate_fairness(
        people=people,
        bots=bots,
        farm=farm,
        requests=requests,
        draws=draws,
        drop_out=drop_out,
        seconds=seconds,
        choosing=choosing,
        seed=seed,
        picture=picture,
        as_json=as_json,
    )
