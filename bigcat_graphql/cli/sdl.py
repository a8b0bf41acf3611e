"""`bigcat schema`."""

import difflib
from pathlib import Path

import bigcat_graphql
from bigcat_graphql.cli.terminal import Refused, complain, note
from bigcat_graphql.resolvers.api import schema

_MOST_LINES = 60


def show_schema(file: Path | None, *, check: bool, write: bool) -> None:
    """Print the schema, compare a file with it, or write the file.

    Raises:
        Refused: the file differs, is not there, or cannot be written.
    """
    text = f"{schema.as_str().rstrip()}\n"
    where = file or _default_file()
    if write:
        _write(where, text)
        note(f"{where} is written.")
    elif check:
        _compare(where, text)
    else:
        print(text, end="")  # noqa: T201 - the answer


def _default_file() -> Path:
    root = Path(bigcat_graphql.__file__).parent.parent
    checkout = (root / "pyproject.toml").exists()
    return (root if checkout else Path()) / "schema.graphql"


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}.") from None


def _compare(file: Path, text: str) -> None:
    try:
        committed = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused(f"There is no {file}: run `bigcat schema --write`.") from None
    if committed == text:
        return
    lines = list(
        difflib.unified_diff(
            committed.splitlines(), text.splitlines(), str(file), "the code", lineterm=""
        )
    )
    complain("\n".join(lines[:_MOST_LINES]))
    if len(lines) > _MOST_LINES:
        complain(f"... and {len(lines) - _MOST_LINES} lines more")
    raise Refused("The file differs from the code: run `bigcat schema --write`, review, commit.")
