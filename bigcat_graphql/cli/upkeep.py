"""`bigcat migrate`."""

from bigcat_graphql import database
from bigcat_graphql.cli.places import Place, database_place, run
from bigcat_graphql.cli.terminal import Refused, show


def migrate(*, check: bool, as_json: bool) -> None:
    """Apply pending migrations, or with `check` fail when there are some."""
    with database_place() as place:
        names = run(_migrate(place, check=check))
    text = "The tables are up to date."
    if names:
        text = f"{'Pending' if check else 'Applied'}: {', '.join(names)}"
    show({"pending" if check else "applied": names}, text, as_json=as_json)
    if check and names:
        raise Refused("Run `bigcat migrate`.")


async def _migrate(place: Place, *, check: bool) -> list[str]:
    # Opening proves that it answers, and says so by name if not.
    await database.open_database(place.url, pool_max=2)
    await database.close_database()
    return await database.migrate(place.url, check=check)
