"""The verbs about what has been sold: its tickets, and the jobs that are still to be done."""

# ruff: noqa: PLC0415 - `bigcat --help` must not load the ORM

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]

jobs_app = typer.Typer(help="Jobs: mails, refunds and the like.", no_args_is_help=True)
ticket_app = typer.Typer(help="Tickets, at the door and before.", no_args_is_help=True)


@jobs_app.command("list")
def list_jobs(
    dead: Annotated[bool, typer.Option("--dead", help="Only those that nobody tries.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List jobs that are not done: dead ones first, then the oldest."""
    from bigcat_graphql.cli import job_lists

    job_lists.list_jobs(dead_only=dead, limit=limit, as_json=as_json)


@jobs_app.command("retry")
def retry_jobs(
    ids: Annotated[list[int], typer.Argument(help="Dead jobs, by the numbers of `jobs list`.")],
    as_json: AsJson = False,
) -> None:
    """Try dead jobs again from the beginning."""
    from bigcat_graphql.cli import job_lists

    job_lists.retry_jobs(ids, as_json=as_json)


@ticket_app.command("keys")
def show_ticket_keys(
    make_next: Annotated[
        bool, typer.Option("--next", help="Make a new one first, which signs from now on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the public keys that check ticket codes; the JSON is a JWK Set for doors."""
    from bigcat_graphql.cli import tickets

    tickets.show_keys(make_next=make_next, as_json=as_json)


@ticket_app.command("list")
def list_tickets(
    concert: Annotated[str, typer.Argument(help="Slug of the concert.")], as_json: AsJson = False
) -> None:
    """List a concert's tickets with their state: what a door without a net takes along."""
    from bigcat_graphql.cli import tickets

    tickets.list_tickets(concert, as_json=as_json)


@ticket_app.command("verify")
def verify_ticket(
    concert: Annotated[str, typer.Argument(help="Slug of the concert.")],
    code: Annotated[str, typer.Argument(help="What was scanned.")],
    as_json: AsJson = False,
) -> None:
    """Tell whether a code is good for an admission; lets nobody in."""
    from bigcat_graphql.cli import tickets

    tickets.verify_ticket(concert, code, as_json=as_json)
