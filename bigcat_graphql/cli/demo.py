"""What `serve --demo` puts into an empty database, and what it tells people to try."""

from dataclasses import dataclass
from uuid import UUID

from bigcat_graphql import accounts, catalogue, database
from bigcat_graphql.catalogue.season import SOURCE
from bigcat_graphql.cli.seasons import sow_season
from bigcat_graphql.cli.terminal import Refused, note
from bigcat_graphql.cli.users import ensure_account
from bigcat_graphql.models import AccountRole, ConcertStatus
from bigcat_graphql.settings import get_settings

PASSWORD = "bigcat-demo"  # noqa: S105 - public on purpose, see `_refuse_real_data`
_ON_SALE = catalogue.ConcertFilter(status=(ConcertStatus.ON_SALE,))
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}

_HAS_REAL_CONCERTS = "SELECT EXISTS (SELECT FROM concert WHERE source IS NULL)"

_ORGANIZE_SEASON = """
INSERT INTO concert_organizer (id, concert_id, account_id)
SELECT gen_random_uuid(), id, $1 FROM concert WHERE source = $2
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to sign in as."""

    email: str
    name: str
    role: AccountRole


BUYER = DemoAccount("buyer@example.com", "Bea Buyer", AccountRole.BUYER)
ORGANIZER = DemoAccount("organizer@example.com", "Otto Organizer", AccountRole.ORGANIZER)
ADMIN = DemoAccount("admin@example.com", "Ada Admin", AccountRole.ADMIN)
ACCOUNTS = (BUYER, ORGANIZER, ADMIN)


async def furnish() -> None:
    """Make a season and the accounts, unless they are there and something is on sale.

    Raises:
        Refused: somebody's own concerts are here.
    """
    # The accounts come last: where the admin is missing, an earlier start was cut off.
    furnished = await accounts.find_by_email(ADMIN.email) is not None
    if not furnished:
        await _refuse_real_data()
    if furnished and await catalogue.count_concerts(_ON_SALE):
        return
    note("Putting a season of concerts on sale ...")
    await sow_season()
    await _let_in()


def describe(address: str, *, host: str) -> str:
    """Say where to go and whom to be."""
    rows = [
        f"bigcat is open: {address}/",
        f"  explore     {address}/graphiql",
        f"  GraphQL     {address}/graphql",
        *([f"  mails       {address}/mailbox"] if get_settings().mailbox else []),
        *(f"  {account.role.lower():<10}  {account.email}  {PASSWORD}" for account in ACCOUNTS),
        "Ctrl-C closes it.",
    ]
    if host not in _LOOPBACK:
        rows.insert(1, "  Careful: whoever reaches this machine can sign in with these passwords.")
    return "\n".join(rows)


async def _refuse_real_data() -> None:
    # An admin whose password is in the README must never come into a real box office.
    row = await database.fetch_one(_HAS_REAL_CONCERTS)
    if row and row[0]:
        raise Refused("This database has concerts of its own: --demo is for an empty one.")


async def _let_in() -> None:
    for account in ACCOUNTS:
        made, _ = await ensure_account(account.email, account.name, account.role, PASSWORD)
        if account is ORGANIZER:
            await _hand_over_season(made.id)


async def _hand_over_season(account_id: UUID) -> None:
    await database.run_transaction(lambda: database.execute(_ORGANIZE_SEASON, account_id, SOURCE))
