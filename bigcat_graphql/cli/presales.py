"""`bigcat presale`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from bigcat_graphql import onsale
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.queues import find_concert
from bigcat_graphql.cli.terminal import Refused, show
from bigcat_graphql.ids import new_reference, print_reference


def set_rules(slug: str, *, until: datetime | None, verified_email: bool, as_json: bool) -> None:
    """Say who may take part in a sale.

    Raises:
        Refused: there is no such concert.
    """
    ends_at = until.replace(tzinfo=UTC) if until else None
    presale = onsale.Presale(needs_verified_email=verified_email, until=ends_at)

    async def work() -> None:
        await onsale.set_presale(await find_concert(slug), presale)

    run_on_database(work)
    facts = {"until": ends_at and ends_at.isoformat(), "verified_email": verified_email}
    show(facts, "It is as you say, from now on.", as_json=as_json)


def invite(slug: str, file: Path, *, as_json: bool) -> None:
    """Put e-mails on a presale's list.

    Raises:
        Refused: there is no such concert, or the file cannot be read.
    """
    emails = [line.strip() for line in _read(file).splitlines() if line.strip()]

    async def work() -> None:
        await onsale.invite(await find_concert(slug), emails)

    run_on_database(work)
    show({"invited": len(emails)}, f"{len(emails):,} e-mails are on the list.", as_json=as_json)


def make_codes(slug: str, *, count: int, uses: int, as_json: bool) -> None:
    """Make access codes and print them.

    Raises:
        Refused: there is no such concert.
    """
    codes = [print_reference(new_reference()) for _ in range(count)]

    async def work() -> None:
        await onsale.add_codes(await find_concert(slug), codes, uses=uses)

    run_on_database(work)
    show({"codes": codes, "uses": uses}, "\n".join(codes), as_json=as_json)


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}.") from None
    except UnicodeError:
        raise Refused(f"{file} is not text in UTF-8.") from None
