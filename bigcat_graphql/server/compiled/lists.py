"""Lists completed item by item."""

from collections.abc import Sequence

from graphql import GraphQLList
from graphql.pyutils import Path

from bigcat_graphql.server.compiled.awaiting import await_all, guard, is_awaited, is_coroutine
from bigcat_graphql.server.compiled.site import Run, Site, Value
from bigcat_graphql.server.compiled.values import Completer, is_null, written_as_is


class ListCompleter:
    """Completes the lists of one field; whatever else there is to iterate is left to core."""

    def __init__(self, site: Site, kind: "GraphQLList[Value]", complete_item: Completer) -> None:
        self._site = site
        self._kind = kind
        self._complete_item = complete_item
        self._as_is = {written_as_is(kind.of_type)}

    def complete(self, run: Run, path: Path, value: Value) -> Value:
        """Complete a list; it may give a coroutine."""
        if type(value) is not list and type(value) is not tuple:
            return None if is_null(value) else self._leave_to_core(run, path, value)
        if set(map(type, value)) == self._as_is:
            return list(value)
        if any(is_awaited(run, item) for item in value):
            return self._leave_to_core(run, path, value)
        return self._complete_items(run, path, value)

    def _leave_to_core(self, run: Run, path: Path, value: Value) -> Value:
        info = self._site.info(run, path)
        return run.complete_list_value(self._kind, self._site.details, info, path, value, None)

    def _complete_items(self, run: Run, path: Path, items: Sequence[Value]) -> Value:
        completed: list[Value] = []
        waiting: list[int] = []
        try:
            for index, item in enumerate(items):
                one = self._complete_at(run, Path(path, index, None), item)
                if is_coroutine(one):
                    waiting.append(index)
                completed.append(one)
        except Exception:
            if waiting:
                run.settle_in_background([completed[index] for index in waiting])
            raise
        return await_all(completed, waiting) if waiting else completed

    def _complete_at(self, run: Run, path: Path, item: Value) -> Value:
        try:
            completed = self._complete_item(run, path, item)
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises
            self._site.fail(run, path, error, self._kind.of_type)
            return None
        if is_coroutine(completed):
            return guard(self._site, run, path, completed, self._kind.of_type)
        return completed
