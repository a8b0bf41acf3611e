"""The schema: committed as it is printed, described throughout, and what was agreed on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    build_schema,
    parse,
)
from graphql.language import ast, print_ast

from bigcat_graphql.resolvers.api import schema

_ROOT = Path(__file__).parents[2]
_AGREED = _ROOT.parent / "shared" / "schema.graphql"
# What of the later blocks of the agreed schema is built.
_BUILT = ("the rush", "live counts", "messages and tickets", "money", "sale queue", "waiting list")
_LOCALE = (
    "What messages and tickets are written in, BCP 47, for example `de-AT`; left out, the first"
    " known language of Accept-Language, else what is spoken where the venue is."
)
_ACTION = (
    "The page where the buyer approves or declines; only to the buyer, null unless"
    " REQUIRES_ACTION. Provider `test` has one; others ask with `clientSecret`."
)
# What building it has taught: mails are translated, and nobody could say into what; a person who
# tries the card that needs action had no way to act.
_ADDED = f"""
extend type Account {{
  "What its messages are written in, BCP 47; null leaves that to the venue."
  locale: String
}}
extend type Payment {{
  "{_ACTION}"
  actionUrl: URL
}}
extend input SignUpInput {{
  "{_LOCALE}"
  locale: String
}}
extend input ContinueAsGuestInput {{
  "{_LOCALE}"
  locale: String
}}
"""
# A refund that was made at the provider may come back, and then nobody retries it.
_FAILED = '"Refused by the provider; retried, and seen by staff."'
_FAILED_NOW = '"Refused by the provider, retried and seen by staff; or made there, and undone."'
# And a wait is not always to be foreseen.
_WAIT = '"Honest guess of the wait in seconds; null before the draw and once let in."'
_WAIT_NOW = (
    '"Honest guess of the wait in seconds, rounder the further off; null before the draw, once let'
    " in, and where nobody can know: until sessions have been seen to end, beyond the seats that"
    ' are left, and beyond six hours."'
)


def test_the_committed_schema_is_the_one_the_code_prints() -> None:
    committed = (_ROOT / "schema.graphql").read_text(encoding="utf-8")
    assert committed == f"{schema.as_str().rstrip()}\n", "run `bigcat schema --write`"


def test_everything_has_a_description() -> None:
    core: GraphQLSchema = schema._schema
    undescribed = [place for place, thing in _walk(core) if not thing.description]
    assert core.description
    assert not undescribed


def test_the_schema_is_the_agreed_one() -> None:
    if not _AGREED.exists():
        pytest.skip("the agreed schema is not on this machine")
    first, _, later = _AGREED.read_text(encoding="utf-8").partition("\n# later\n")
    blocks = re.split(r"^# -+ later: (.*)$", later, flags=re.MULTILINE)
    additions = dict(zip(blocks[1::2], blocks[2::2], strict=True))
    agreed = first + "".join(additions[name] for name in _BUILT) + _ADDED
    agreed = agreed.replace(_WAIT, _WAIT_NOW).replace(_FAILED, _FAILED_NOW)
    assert _flatten(schema.as_str()) == _flatten(agreed)


def _walk(core: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    for directive in core.directives:
        yield f"@{directive.name}", directive
        yield from ((f"@{directive.name}({n}:)", a) for n, a in directive.args.items())
    for name, named in core.type_map.items():
        if not name.startswith("__"):
            yield name, named
            yield from _walk_type(named)


def _walk_type(named: GraphQLNamedType) -> Iterator[tuple[str, Any]]:
    if isinstance(named, GraphQLEnumType):
        yield from ((f"{named.name}.{name}", value) for name, value in named.values.items())
        return
    for name, field in getattr(named, "fields", {}).items():
        yield f"{named.name}.{name}", field
        if not isinstance(named, GraphQLInputObjectType):
            yield from ((f"{named.name}.{name}({n}:)", a) for n, a in field.args.items())


def _flatten(sdl: str) -> dict[str, str]:
    """Write every element of a schema by its name, whatever the order of the document."""
    build_schema(sdl)
    flat: dict[str, str] = {}
    for definition in parse(sdl, no_location=True).definitions:
        _add(flat, "", definition)
    return flat


def _add(flat: dict[str, str], place: str, node: ast.Node) -> None:
    name = getattr(node, "name", None)
    place = f"{place}.{name.value}" if name else f"{place}.schema"
    parts = {key: getattr(node, key, None) for key in node.keys}
    for key in ("fields", "values", "arguments"):
        for child in parts.pop(key, None) or ():
            _add(flat, place, child)
    for key in ("types", "interfaces", "directives", "locations"):
        # An extension adds to what its type has.
        texts = {_print_plainly(child) for child in parts.pop(key, None) or ()}
        flat[f"{place}/{key}"] = "\n".join(sorted(texts.union(_lines(flat, f"{place}/{key}"))))
    for key, part in parts.items():
        if isinstance(part, ast.StringValueNode):
            flat[f"{place}/{key}"] = part.value
        elif isinstance(part, ast.Node):
            flat[f"{place}/{key}"] = print_ast(part)


def _lines(flat: dict[str, str], place: str) -> list[str]:
    return flat.get(place, "").splitlines()


def _print_plainly(node: ast.Node) -> str:
    return " ".join(print_ast(node).split())
