"""`bigcat presale`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from bigcat_graphql import accounts, onsale
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.queues import find_concert
from bigcat_graphql.cli.terminal import Refused, show
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.ids import new_reference, print_reference

_MOST_NAMED = 10


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
        Refused: there is no such concert, the file cannot be read, or a line is no e-mail.
    """
    emails = _read_emails(_read(file))

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


def _read_emails(text: str) -> list[str]:
    lines = {n: line.strip() for n, line in enumerate(text.splitlines(), start=1) if line.strip()}
    odd = [number for number, line in lines.items() if not _is_email(line)]
    if odd:
        named = ", ".join(map(str, odd[:_MOST_NAMED])) + (", …" if odd[_MOST_NAMED:] else "")
        raise Refused(
            f"Not an e-mail address: {len(odd):,} of {len(lines):,} (line {named})."
            " Nobody was put on the list."
        )
    return list(lines.values())


def _is_email(line: str) -> bool:
    try:
        accounts.read_email(line)
    except InvalidInput:
        return False
    return True


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}.") from None
    except UnicodeError:
        raise Refused(f"{file} is not text in UTF-8.") from None
