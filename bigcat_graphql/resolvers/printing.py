"""The schema's own description, and printing it with the rest."""

import re
from typing import Any

import strawberry
from strawberry.schema_directive import StrawberrySchemaDirective

DESCRIPTION = (
    "bigcat: search concerts, see every seat live, book seats fairly.\n"
    "\n"
    "Mutations take one `input` and answer one payload of their own. Expected failures are "
    "data: the payload's `errors`; its result is null exactly when `errors` is not empty.\n"
    "The top-level `errors` list is for the malformed, the unauthorised and the unexpected: see"
    " `extensions.code` (BAD_USER_INPUT, with `extensions.argument`; UNAUTHENTICATED, "
    "FORBIDDEN,\n"
    "COST_EXCEEDED, THROTTLED, PERSISTED_QUERY_NOT_FOUND, INTERNAL, with `extensions.logId`). "
    "An unknown or foreign id is null in a query, NOT_FOUND in a mutation, BAD_USER_INPUT in a "
    "subscription.\n"
    "Ids are opaque, global and stable. Pages hold 20 items unless `first` or `last` says "
    "otherwise, at most 100; more is refused. Cursors are opaque keyset cursors.\n"
    "Times are RFC 3339 instants with an offset, and the server's database clock decides; what "
    "is called *local* is in the venue's IANA time zone.\n"
    "Cost: an object field 1, a leaf 0, times the length of the lists around it; `@cost` marks "
    "what differs. One operation may cost 1,000.\n"
    "New enum values, union members and optional fields may come at any time: handle what you "
    "do not know."
)

_HEAD = """\
schema {
  query: Query
  mutation: Mutation
  subscription: Subscription
}
"""
# Every implementation has it built in; Strawberry prints a definition of its own.
_ONE_OF = re.compile(r"^directive @oneOf on INPUT_OBJECT\n+", re.MULTILINE)


class DescribedSchema(strawberry.Schema):
    """A schema that describes itself and its directives' arguments, as Strawberry 0.341 cannot."""

    def __init__(self, **parts: Any) -> None:  # noqa: ANN401 - as strawberry.Schema takes them
        super().__init__(**parts)
        self._schema.description = DESCRIPTION
        self._describe_directives()

    def as_str(self) -> str:
        """Print the schema in the schema definition language."""
        types = _ONE_OF.sub("", super().as_str())
        return f'"""\n{DESCRIPTION}\n"""\n{_HEAD}\n{types}'

    def _describe_directives(self) -> None:
        for directive in self._schema.directives:
            definition = directive.extensions.get("strawberry-definition")
            if isinstance(definition, StrawberrySchemaDirective):
                for field in definition.fields:
                    name = self.config.name_converter.get_graphql_name(field)
                    directive.args[name].description = field.description
