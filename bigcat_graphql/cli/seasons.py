"""`bigcat seed`."""

from dataclasses import asdict

from bigcat_graphql import database
from bigcat_graphql.catalogue.season import SeasonReport, seed_season
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import progress, show


def seed(*, as_json: bool) -> None:
    """Put a season on sale."""
    report = run_on_database(sow_season)
    text = f"{report.created:,} concerts made, {report.existing:,} were there."
    show(asdict(report), text, as_json=as_json)


async def sow_season() -> SeasonReport:
    """Put a season on sale that begins today by the database's clock."""
    row = await database.fetch_one("SELECT now()")
    if row is None:
        raise AssertionError("a SELECT without FROM has one row")
    with progress("Season") as advance:
        return await seed_season(row[0], progress=advance)
