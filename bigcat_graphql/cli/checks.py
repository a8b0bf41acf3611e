"""`bigcat doctor`."""

import os
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from bigcat_graphql import __version__, database
from bigcat_graphql.cli.payment_settings import doubts_about_payments
from bigcat_graphql.cli.places import Place, database_place, run
from bigcat_graphql.cli.terminal import Refused, show
from bigcat_graphql.clock import utc_now
from bigcat_graphql.settings import get_settings, variables_of

_OLDEST_POSTGRESQL = 15
_MOST_SKEW_SECONDS = 5.0
_SHOW_SERVER = """
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::int / 10000 AS major,
       current_setting('server_encoding') AS encoding,
       lower('É') = 'é' AS knows_letters,
       (SELECT installed_version IS NOT NULL FROM pg_available_extensions
        WHERE name = 'pg_trgm') AS trigrams_installed,
       now() AS now
"""
# Where the locale is wrong, pg_trgm drops every letter that is not ASCII, and search is deaf.
_COUNT_TRIGRAMS = "SELECT cardinality(show_trgm('Концерт'))"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `needed` says whether bigcat can run without."""

    check: str
    ok: bool
    detail: str
    needed: bool = True


def examine(*, as_json: bool) -> None:
    """Print what was found; refuse when something needed is wrong."""
    with database_place() as place:
        findings = run(_collect(place))
    sound = all(finding.ok for finding in findings if finding.needed)
    lines = [f"{_mark(finding)}  {finding.check}: {finding.detail}" for finding in findings]
    answer = {"ok": sound, "findings": [asdict(finding) for finding in findings]}
    show(answer, "\n".join(lines), as_json=as_json)
    if not sound:
        raise Refused("Something is wrong, see above.")


async def _collect(place: Place) -> list[Finding]:
    findings = [
        Finding("bigcat", True, f"{__version__} on Python {sys.version.split()[0]}"),
        _check_secret(),
        *_check_payments(),
    ]
    try:
        await database.open_database(place.url, pool_max=2)
    except database.DatabaseUnreachable as error:
        return [*findings, Finding("database", False, f"cannot be reached: {error}")]
    try:
        return [*findings, *[finding async for finding in _check_database(place)]]
    finally:
        await database.close_database()


def _check_secret() -> Finding:
    variable = variables_of("secret_key")[0]
    if os.environ.get(variable):
        return Finding("secret", True, f"{variable} is set", needed=False)
    detail = f"{variable} is not set: everybody signs in anew after each start"
    return Finding("secret", False, detail, needed=False)


def _check_payments() -> list[Finding]:
    settings = get_settings()
    if doubts := doubts_about_payments(settings):
        return [Finding("payments", False, doubt, needed=False) for doubt in doubts]
    return [Finding("payments", True, f"by {' and '.join(settings.payment_providers)}")]


async def _check_database(place: Place) -> AsyncIterator[Finding]:
    row = await database.fetch_one(_SHOW_SERVER)
    if row is None:
        raise AssertionError("a SELECT without FROM has one row")
    whose = "bigcat's own" if place.ours else "DATABASE_URL"
    yield Finding("database", True, f"{place.url.place} ({whose})")
    yield Finding("version", row["major"] >= _OLDEST_POSTGRESQL, f"PostgreSQL {row['version']}")
    yield Finding("encoding", row["encoding"] == "UTF8", row["encoding"])
    yield Finding("locale", row["knows_letters"], _locale_detail(row["knows_letters"]))
    skew_seconds = abs((utc_now() - row["now"]).total_seconds())
    yield Finding(
        "clock", skew_seconds <= _MOST_SKEW_SECONDS, f"{skew_seconds:.1f} s from the database's"
    )
    yield await _check_trigrams(installed=row["trigrams_installed"])
    pending = await database.migrate(place.url, check=True)
    detail = f"pending: {', '.join(pending)}; run `bigcat migrate`" if pending else "up to date"
    yield Finding("tables", not pending, detail)


def _locale_detail(knows_letters: bool) -> str:
    return "knows letters beyond ASCII" if knows_letters else "its LC_CTYPE knows ASCII only"


async def _check_trigrams(*, installed: bool | None) -> Finding:
    if installed is None:
        return Finding(
            "pg_trgm", False, "this PostgreSQL comes without: install its contrib package"
        )
    if not installed:
        return Finding("pg_trgm", True, "available, `bigcat migrate` installs it")
    row = await database.fetch_one(_COUNT_TRIGRAMS)
    works = bool(row and row[0])
    return Finding("pg_trgm", works, "works" if works else "is deaf to letters beyond ASCII")


def _mark(finding: Finding) -> str:
    if finding.ok:
        return "ok  "
    return "BAD " if finding.needed else "note"
