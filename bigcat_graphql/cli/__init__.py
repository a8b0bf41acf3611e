"""The command `bigcat`.

Exit codes: 0 done; 1 refused or failed; 2 wrong usage, or a setting that makes no sense; 130
interrupted. With `--json` the answer is one JSON object on stdout; everything else that is said to
people goes to stderr.
"""

import sys
from collections.abc import Sequence

from bigcat_graphql.cli.commands import app
from bigcat_graphql.cli.terminal import Refused, complain

REFUSED = 1
WRONG_USAGE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one verb and exit."""
    try:
        app(arguments, prog_name="bigcat")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        code = explain(error)
        if code is None:
            raise
        sys.exit(code)


def explain(error: Exception) -> int | None:
    """Say what a person can do something about; anything else is a bug and keeps its traceback."""
    if isinstance(error, Refused):
        complain(str(error))
        return REFUSED
    # Late, since they load the ORM, which `bigcat --help` does not need.
    from bigcat_graphql.database import DatabaseUnreachable  # noqa: PLC0415
    from bigcat_graphql.database.embedded import EmbeddedRefused  # noqa: PLC0415
    from bigcat_graphql.errors import DomainError  # noqa: PLC0415
    from bigcat_graphql.settings import SettingsRefused  # noqa: PLC0415

    if isinstance(error, SettingsRefused):
        complain(str(error))
        return WRONG_USAGE
    if isinstance(error, DatabaseUnreachable):
        complain(f"The database cannot be reached: {error}")
        return REFUSED
    if isinstance(error, EmbeddedRefused):
        complain(f"PostgreSQL cannot be started here: {error}")
        return REFUSED
    if isinstance(error, DomainError):
        complain(error.message)
        return REFUSED
    return None
