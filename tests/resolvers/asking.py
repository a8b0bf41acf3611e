"""Asking the schema as a client would, without HTTP around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from graphql import GraphQLError

from bigcat_graphql import booking
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.models import Booking, Concert
from bigcat_graphql.resolvers.api import schema
from bigcat_graphql.schema.context import Context
from bigcat_graphql.schema.ids import write_id


@dataclass(frozen=True)
class Answer:
    """Data and top-level errors."""

    data: Any
    errors: Sequence[GraphQLError]

    @property
    def causes(self) -> list[BaseException | None]:
        """What resolvers raised."""
        return [error.original_error for error in self.errors]


async def ask(document: str, viewer: Viewer | None = None, /, **variables: object) -> Answer:
    """Run an operation, as the viewer."""
    return await ask_within(Context(viewer=viewer), document, **variables)


async def ask_within(context: Context, document: str, /, **variables: object) -> Answer:
    """Run an operation in surroundings of its own."""
    result = await schema.execute(document, variable_values=variables, context_value=context)
    return Answer(result.data, result.errors or [])


async def read(document: str, viewer: Viewer | None = None, /, **variables: object) -> Any:
    """Run an operation that goes well."""
    answer = await ask(document, viewer, **variables)
    assert not answer.errors, answer.errors
    return answer.data


async def write(
    document: str, viewer: Viewer | None, errors: int = 0, **given: object
) -> dict[str, Any]:
    """Run a mutation with an input under a new key; give its payload, errors in one piece.

    A payload has its result exactly when it has no errors.
    """
    given.setdefault("idempotencyKey", uuid4().hex)
    data = await read(document, viewer, input=given)
    [payload] = data.values()
    result = payload["booking"]
    assert (result is None) == bool(payload["errors"]), payload
    assert len(payload["errors"]) == errors, payload
    told: dict[str, Any] = payload["errors"][0] if errors else result
    return told


def id_of(row: Concert | Booking) -> str:
    if isinstance(row, Concert):
        return write_id("Concert", row.id)
    return write_id("Booking", row.concert_id, row.id)


def chosen(*indexes: int, plan_version: int = 1) -> dict[str, object]:
    """Choose seats by index."""
    return {"seats": {"planVersion": plan_version, "indexes": list(indexes)}}


async def hold(viewer: Viewer, concert: Concert, *indexes: int) -> Booking:
    """Book seats past the API."""
    return await booking.book_seats(
        viewer,
        concert_id=concert.id,
        selection=booking.ChosenSeats(1, indexes),
        idempotency_key=uuid4().hex,
    )
