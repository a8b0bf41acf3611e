"""The parameters of a GraphQL request, the same by HTTP and by websocket."""

from typing import Any

from bigcat_graphql.server.bodies import BodyRefused
from bigcat_graphql.server.execution import GraphQLRequest

_PARAMETERS: dict[str, tuple[type, str]] = {
    "query": (str, "a string"),
    "variables": (dict, "an object"),
    "operationName": (str, "a string"),
    "extensions": (dict, "an object"),
    "documentId": (str, "a string"),
}


def check_parameters(given: dict[str, Any]) -> GraphQLRequest:
    """Check the parameters of a request, by HTTP or websocket.

    Raises:
        BodyRefused: 400, one has the wrong type.
    """
    for name, (kind, words) in _PARAMETERS.items():
        if not isinstance(given.get(name), kind | None):
            raise BodyRefused(400, f"{name} must be {words}.")
    request = GraphQLRequest(
        query=given.get("query"),
        variables=given.get("variables"),
        operation_name=given.get("operationName") or None,
        extensions=given.get("extensions"),
        document_id=given.get("documentId"),
    )
    extensions = request.extensions or {}
    if not (request.query or request.document_id or "persistedQuery" in extensions):
        raise BodyRefused(400, "query must be a document.")
    return request
