"""Errors as callers see them: facts of the domain by code, everything unexpected by a log id."""

import secrets
from typing import Any

import structlog
from graphql import ExecutionResult, FieldNode, GraphQLError

from bigcat_graphql import errors
from bigcat_graphql.server.refusals import (
    BAD_USER_INPUT,
    INTERNAL,
    THROTTLED,
    UNAUTHENTICATED,
    RequestRefused,
)

FORBIDDEN = "FORBIDDEN"
Answer = dict[str, Any]
_log = structlog.get_logger(__name__)


def show_result(result: ExecutionResult) -> Answer:
    """Write the answer of an execution."""
    if not result.errors:
        return {"data": result.data}
    return {"errors": [show_error(error) for error in result.errors], "data": result.data}


def show_error(error: GraphQLError) -> Answer:
    """Write an error of the execution for the caller; what nobody expected is logged and masked."""
    shown: Answer = dict(error.formatted)
    cause = _cause_of(error)
    extensions = _explain(cause) if cause is not None else _explain_graphql(error)
    if extensions is None:
        return {**shown, **mask(cause or error)}
    return {**shown, "extensions": extensions}


def show_refusal(refusal: RequestRefused) -> Answer:
    """Write the answer of a request that is not executed: errors and no data."""
    return {"errors": [dict(error.formatted) for error in refusal.errors]}


def show_failure(error: BaseException) -> Answer:
    """Write the answer of a request that failed outside of any field."""
    return {"errors": [mask(error)]}


def mask(error: BaseException) -> Answer:
    """Log an unexpected error with its traceback and answer with nothing but where to find it."""
    log_id = secrets.token_hex(8)
    _log.error("unexpected error", log_id=log_id, exc_info=error)
    return {
        "message": f"Something went wrong on our side; it is logged as {log_id}.",
        "extensions": {"code": INTERNAL, "logId": log_id},
    }


def _cause_of(error: BaseException) -> BaseException | None:
    """Dig out the Python exception that graphql-core wrapped, however often."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _explain(cause: BaseException) -> Answer | None:
    match cause:
        case RequestRefused():
            found: Answer | None = dict(cause.errors[0].extensions or {})
        case errors.InvalidArgument():
            found = {"code": BAD_USER_INPUT, "argument": cause.argument}
        case errors.InvalidInput() | errors.NotFound():
            argument = {"argument": ".".join(cause.path)} if cause.path else {}
            found = {"code": BAD_USER_INPUT, **argument}
        case errors.Unauthenticated():
            found = {"code": UNAUTHENTICATED}
        case errors.Forbidden():
            found = {"code": FORBIDDEN}
        case errors.Busy() | errors.OutcomeUnknown():
            found = {"code": THROTTLED, "retryAfterSeconds": cause.retry_after_seconds}
        case _:
            found = None
    return found


def _explain_graphql(error: GraphQLError) -> Answer | None:
    """Tell graphql-core's own errors apart.

    A wrong argument points to the value in the document; what a resolver returned and the schema
    cannot express points to the field, and is our fault.
    """
    if error.extensions and error.extensions.get("code"):
        return dict(error.extensions)
    about_a_value = error.nodes and not isinstance(error.nodes[0], FieldNode)
    return {"code": BAD_USER_INPUT} if about_a_value else None
