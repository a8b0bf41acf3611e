"""How a mutation answers: with its result, or with the expected failures that it declares."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, get_args, get_type_hints

import strawberry

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.errors import DomainError, Unauthenticated
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.cost import cost
from bigcat_graphql.schema.errors import tell

P = TypeVar("P")
Work = Callable[..., Awaitable[P | None]]

NEEDED = strawberry.argument(description="What is needed.")
_COST = 10


def mutation(payload: Callable[..., P], description: str) -> Callable[[Work[P]], Any]:
    """Make a method a mutation that tells of domain errors in its payload.

    An error that the payload's `errors` does not declare is not expected there, and goes on.
    """
    expected = _members_of(payload)

    def decorate(work: Work[P]) -> Any:  # noqa: ANN401 - what strawberry.mutation() is
        @wraps(work)
        async def answer(self: object, info: Info, input: object) -> P | None:
            # An earlier mutation of this operation may have loaded what this one changes.
            info.context.forget()
            try:
                return await work(self, info, input)
            except DomainError as error:
                failure = await tell(error, input)
                if not isinstance(failure, expected):
                    raise
                return payload(errors=[failure])

        return strawberry.mutation(answer, description=description, directives=[cost(_COST)])

    return decorate


def signed_in(info: Info) -> Viewer:
    """Give the viewer.

    Raises:
        Unauthenticated: nobody is signed in.
    """
    if info.context.viewer is None:
        raise Unauthenticated
    return info.context.viewer


def _members_of(payload: Callable[..., object]) -> tuple[type[Any], ...]:
    """List the types of the payload's error union."""
    listed = get_args(get_type_hints(payload)["errors"])[0]
    return get_args(listed) or (listed,)
