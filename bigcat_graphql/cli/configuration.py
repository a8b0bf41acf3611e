"""`bigcat config`."""

import os
from difflib import get_close_matches
from urllib.parse import urlsplit

from bigcat_graphql.cli.terminal import note, show
from bigcat_graphql.settings import Settings, get_settings, variables_of

_PREFIX = "BIGCAT_"
# Read by `./run test`, see CONTRIBUTING.md.
_OF_TESTS = "BIGCAT_TEST_DATABASE_URL"
_LIKENESS = 0.7
_HIDDEN = "(hidden)"
_SECRETS = {
    "secret_key",
    "sms_token",
    "stripe_secret_key",
    "stripe_webhook_secrets",
    "test_webhook_secret",
}


def show_settings(*, as_json: bool) -> None:
    """Print each setting's variable, its value, and whether it was set."""
    settings = get_settings()
    rows = [_describe(settings, name) for name in Settings.model_fields]
    width = max(len(str(row["variable"])) for row in rows)
    lines = [f"{row['variable']:<{width}}  {_say(row)}" for row in rows]
    show({"settings": rows}, "\n".join(lines), as_json=as_json)


def note_unknown_variables() -> None:
    """Say which variables look like settings and are none: a typo would else be silent.

    Told and not refused: Kubernetes sets some of its own for a service named bigcat.
    """
    names = [name for field in Settings.model_fields for name in variables_of(field)]
    strange = {name for name in os.environ if name.startswith(_PREFIX)} - {*names, _OF_TESTS}
    for name in sorted(strange):
        note(f"Warning: {name} is no setting of bigcat; {_guess(name, names)}")


def _guess(name: str, names: list[str]) -> str:
    # Without the prefix, which alone would make any two of them alike.
    bare = {known.removeprefix(_PREFIX): known for known in reversed(names)}
    like = get_close_matches(name.removeprefix(_PREFIX), bare, n=1, cutoff=_LIKENESS)
    return f"did you mean {bare[like[0]]}?" if like else "`bigcat config` lists them."


def _describe(settings: Settings, field: str) -> dict[str, object]:
    variables = variables_of(field)
    used = next((name for name in variables if os.environ.get(name)), None)
    value = _mask(field, getattr(settings, field))
    return {"variable": used or variables[0], "value": value, "set": used is not None}


def _mask(field: str, value: object) -> object:
    if field in _SECRETS:
        return _HIDDEN if value else None
    if field in {"database_url", "bus", "smtp_url"} and "://" in str(value):
        return _mask_url(str(value))
    return value if isinstance(value, bool | int | float | None) else _plain(value)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else str(value)


def _mask_url(url: str) -> str:
    """Keep scheme, host and database; a password may stand before the host or in the query."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return _HIDDEN
    login = f"{parts.username}:***@" if parts.username else ""
    query = "?***" if parts.query else ""
    return f"{parts.scheme}://{login}{host}{parts.path}{query}"


def _say(row: dict[str, object]) -> str:
    value = row["value"]
    if isinstance(value, list):
        value = " ".join(str(part) for part in value)
    said = "(none)" if value is None or value == "" else str(value)
    return said if row["set"] else f"{said}  (default)"
