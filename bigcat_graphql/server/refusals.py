"""Requests that are answered with errors alone, before any resolver has run."""

from collections.abc import Iterable

from graphql import GraphQLError

BAD_USER_INPUT = "BAD_USER_INPUT"
COST_EXCEEDED = "COST_EXCEEDED"
INTERNAL = "INTERNAL"
PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
THROTTLED = "THROTTLED"
UNAUTHENTICATED = "UNAUTHENTICATED"


class RequestRefused(Exception):
    """The request is not executed; the errors say why, each with its `extensions.code`."""

    def __init__(self, errors: Iterable[GraphQLError]) -> None:
        self.errors = [_with_code(error) for error in errors]
        super().__init__("; ".join(error.message for error in self.errors))

    @property
    def code(self) -> str:
        """The code of the first error."""
        return str((self.errors[0].extensions or {})["code"])


class MethodRefused(RequestRefused):
    """The operation may not be sent by this HTTP method."""


def refuse(message: str, code: str = BAD_USER_INPUT, **facts: object) -> RequestRefused:
    """Build a refusal of one error; `facts` go into its `extensions`."""
    return RequestRefused([GraphQLError(message, extensions={"code": code, **facts})])


def _with_code(error: GraphQLError) -> GraphQLError:
    error.extensions = {"code": BAD_USER_INPUT, **(error.extensions or {})}
    return error
