"""A subscription's events, each executed in its own context and its own time."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

from graphql import (
    ExecutionResult,
    Executor,
    FieldNode,
    create_source_event_stream,
    execute_subscription_event,
    located_error,
    map_source_to_response_event,
)

from bigcat_graphql.server.masking import Answer, show_error, show_result

_EVENT_SECONDS = 15.0


class StreamFailed(Exception):
    """A subscription ended by an error; the answer says which, as the caller may see it."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        self.answer: Answer = {"errors": errors}
        super().__init__(errors[0]["message"])


async def open_source(executor: Executor[Any]) -> AsyncIterable[Any]:
    """Have a subscription's resolver begin.

    Raises:
        StreamFailed: it refused.
    """
    try:
        async with asyncio.timeout(_EVENT_SECONDS):
            opened = create_source_event_stream(executor)
            source = await opened if executor.is_awaitable(opened) else opened
    except Exception as error:  # noqa: BLE001 - a resolver may raise anything
        raise failed_source(executor, error) from None
    if isinstance(source, ExecutionResult):
        raise StreamFailed([show_error(error) for error in source.errors or ()])
    return cast("AsyncIterable[Any]", source)


async def read_source(
    executor: Executor[Any], source: AsyncIterable[Any], make_context: Callable[[], object]
) -> AsyncGenerator[Answer, None]:
    """Answer each event of a subscription's source until it ends.

    Raises:
        StreamFailed: the source broke.
    """

    def run_event(event: Executor[Any]) -> ExecutionResult | Awaitable[ExecutionResult]:
        event.context_value = make_context()
        result = execute_subscription_event(event)
        return result if isinstance(result, ExecutionResult) else _in_time(result)

    try:
        results = map_source_to_response_event(executor, source, run_event)
        async with aclosing(results):
            async for result in results:
                yield show_result(result)
    except Exception as error:  # noqa: BLE001 - the source is a resolver: it may raise anything
        raise failed_source(executor, error) from None


def failed_source(executor: Executor[Any], error: Exception) -> StreamFailed:
    """Say that a source broke, and which field's it was."""
    return StreamFailed([_show_source_error(executor, error)])


async def _in_time(result: Awaitable[ExecutionResult]) -> ExecutionResult:
    async with asyncio.timeout(_EVENT_SECONDS):
        return await result


def _show_source_error(executor: Executor[Any], error: Exception) -> dict[str, Any]:
    field = executor.operation.selection_set.selections[0]
    if not isinstance(field, FieldNode):
        return show_error(located_error(error, [executor.operation]))
    name = (field.alias or field.name).value
    return show_error(located_error(error, [field], [name]))
