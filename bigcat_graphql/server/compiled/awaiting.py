"""Values that must be awaited: which they are, and awaiting them side by side."""

from types import CoroutineType, GeneratorType

from graphql import GraphQLOutputType
from graphql.pyutils import Path, gather_with_cancel

from bigcat_graphql.server.compiled.site import Run, Site, Value

# Classes of values that were seen and cannot be awaited.
_plain: set[type] = set()


def is_awaited(run: Run, value: Value) -> bool:
    """Tell whether graphql-core would await a value; asked once for each class."""
    kind = type(value)
    if kind in _plain:
        return False
    if run.is_awaitable(value):
        return True
    if kind is not GeneratorType:  # one generator can be awaited, another not
        _plain.add(kind)
    return False


async def guard(
    site: Site, run: Run, path: Path, completing: Value, kind: GraphQLOutputType
) -> Value:
    """Await a completion, and let null stand where it fails."""
    try:
        return await completing
    except Exception as error:  # noqa: BLE001 - whatever a resolver raises
        site.fail(run, path, error, kind)
        return None


async def await_all(completed: Value, waiting: list[Value]) -> Value:
    """Await what stands at these keys of a dict or list, side by side; the first error counts."""
    if len(waiting) == 1:
        completed[waiting[0]] = await completed[waiting[0]]
        return completed
    values = await gather_with_cancel(*(completed[key] for key in waiting))
    for key, value in zip(waiting, values, strict=True):
        completed[key] = value
    return completed


def is_coroutine(completed: Value) -> bool:
    """Tell a completion that is to be awaited: all of them are coroutines."""
    return type(completed) is CoroutineType
