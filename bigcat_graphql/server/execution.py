"""One operation from request to answer: found, limited, paid for, run in its time, and logged."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import strawberry
from graphql import (
    ExecutionResult,
    Executor,
    OperationType,
    execute_root_selection_set,
)

from bigcat_graphql.server.budget import CallerBudgets, Standing
from bigcat_graphql.server.callers import Caller
from bigcat_graphql.server.compiled import CompiledOperation, CompiledOperations
from bigcat_graphql.server.cost import read_weights
from bigcat_graphql.server.documents import Documents, Operation
from bigcat_graphql.server.limits import Limits
from bigcat_graphql.server.logs import log_operation, log_refusal
from bigcat_graphql.server.masking import Answer, mask, show_failure, show_result
from bigcat_graphql.server.one_of import mark_one_of
from bigcat_graphql.server.persisted import PersistedDocuments, read_key
from bigcat_graphql.server.refusals import COST_EXCEEDED, MethodRefused, RequestRefused, refuse
from bigcat_graphql.server.time_limits import limits as time_limits
from bigcat_graphql.server.variables import check_variables

MAX_COST = 1_000
# To check a new document takes up to 80 ms, to introspect 25 ms: more than their cost would say.
NEW_DOCUMENT_PRICE = 20
INTROSPECTION_PRICE = 10
# A subscription keeps its document, up to 1.5 MB as a tree, for as long as somebody watches. What a
# client's own pages ask is shorter than this.
_LONG_SUBSCRIPTION = 1_000
_CHARACTERS_A_POINT = 10
# GraphQL Golden Path (2026-04): what takes longer is broken or an attack.
_SECONDS = {OperationType.QUERY: 15.0, OperationType.MUTATION: 60.0}
# An answer to a full introspection takes 5 MB as objects.
_KEPT_INTROSPECTIONS = 4
ContextMaker = Callable[[Caller, Standing], object]


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client asks, whatever it came by."""

    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None


@dataclass(slots=True)
class Prepared:
    """An operation that passed every check and is paid for."""

    operation: Operation
    compiled: CompiledOperation
    executor: Executor[Any]
    caller: Caller
    standing: Standing
    started_at: float = field(default_factory=time.perf_counter)

    @property
    def kind(self) -> OperationType:
        """Whether it is a query, a mutation or a subscription."""
        return self.operation.kind


class Engine:
    """Runs the operations of one schema.

    It stands on graphql-core and not on Strawberry's views, because request errors, the errors of
    fields and single events must be told apart.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        make_context: ContextMaker,
        budgets: CallerBudgets,
        persisted: PersistedDocuments,
        introspection: bool = True,
        limits: Limits | None = None,
    ) -> None:
        self._core = schema._schema  # noqa: SLF001 - the schema as graphql-core knows it
        self._compiled = CompiledOperations(self._core)
        self.documents = Documents(
            self._core, read_weights(schema.as_str()), limits=limits, introspection=introspection
        )
        mark_one_of(self._core)
        self._persisted = persisted
        self._budgets = budgets
        self.make_context = make_context
        self._introspections: OrderedDict[int, tuple[Operation, Answer]] = OrderedDict()

    async def prepare(
        self, request: GraphQLRequest, caller: Caller, *, queries_only: bool = False
    ) -> Prepared:
        """Check a request and take its cost from the caller's budget.

        Raises:
            RequestRefused: it is not executed; MethodRefused when it is no query and must be one.
        """
        try:
            operation = await self._find(request, caller)
            if queries_only and operation.kind is not OperationType.QUERY:
                raise MethodRefused(refuse("Only queries may be sent by GET.").errors)
            compiled = self._compiled.find(operation.document, operation.node)
            check_variables(request.variables)
            variables = compiled.read_variables(request.variables)
            standing = self._charge(operation, variables.coerced, caller)
        except RequestRefused as refusal:
            log_refusal(caller, refusal)
            raise
        # The context says what is left of the budget, so it comes after the cost.
        context = self.make_context(caller, standing)
        executor = compiled.begin(variables, context, request.extensions)
        return Prepared(operation, compiled, executor, caller, standing)

    async def run(self, prepared: Prepared) -> Answer:
        """Run a query or mutation to its end or its time-out; it always answers."""
        if prepared.operation.asks_the_schema_only:
            answer = await self._introspect(prepared)
        else:
            answer = await _run_in_time(prepared)
        answer["extensions"] = {"cost": _show_cost(prepared.standing)}
        log(prepared, answer)
        return answer

    async def _find(self, request: GraphQLRequest, caller: Caller) -> Operation:
        key = read_key(request.document_id, request.extensions)
        text = self._persisted.resolve(request.query, key)
        if text not in self.documents:
            # Before it is read: one that turns out to be wrong takes the same time.
            self._budgets.spend(caller, NEW_DOCUMENT_PRICE)
        document = await self.documents.read(text)
        self._persisted.learn(text, key)
        return document.operation(request.operation_name)

    def _charge(
        self, operation: Operation, variables: Mapping[str, object], caller: Caller
    ) -> Standing:
        cost = operation.cost(variables)
        if cost > MAX_COST:
            message = f"The operation costs {cost} points, and one may cost {MAX_COST}."
            raise refuse(message, COST_EXCEEDED, cost=cost, limit=MAX_COST)
        kept = id(operation) in self._introspections
        besides = 0 if kept else INTROSPECTION_PRICE * operation.introspections
        if operation.kind is OperationType.SUBSCRIPTION:
            besides += max(0, operation.length - _LONG_SUBSCRIPTION) // _CHARACTERS_A_POINT
        return self._budgets.spend(caller, cost, besides=besides)

    async def _introspect(self, prepared: Prepared) -> Answer:
        operation = prepared.operation
        if (known := self._introspections.get(id(operation))) is not None:
            return dict(known[1])
        # Tens of milliseconds of pure Python: not on the loop that everybody waits for.
        result = await asyncio.to_thread(execute_root_selection_set, prepared.executor)
        answer = show_result(cast("ExecutionResult", result))
        self._introspections[id(operation)] = (operation, answer)
        if len(self._introspections) > _KEPT_INTROSPECTIONS:
            self._introspections.popitem(last=False)
        return dict(answer)


async def _run_in_time(prepared: Prepared) -> Answer:
    seconds = _SECONDS[prepared.kind]
    try:
        with time_limits.within(seconds):
            return show_result(await prepared.compiled.run(prepared.executor))
    except TimeoutError as error:
        said = f"This took longer than {seconds:.0f} seconds and was stopped."
        if prepared.kind is OperationType.MUTATION:
            said += " Send it again with the same idempotencyKey to learn what became of it."
        return {"errors": [{**mask(error), "message": said}], "data": None}
    except Exception as error:  # noqa: BLE001 - whatever happens, the caller gets an answer
        return {**show_failure(error), "data": None}


def _show_cost(standing: Standing) -> dict[str, object]:
    # Names of Shopify's API, which client libraries know.
    return {
        "requestedQueryCost": standing.cost,
        "actualQueryCost": standing.cost,
        "throttleStatus": {
            "maximumAvailable": standing.limit,
            "currentlyAvailable": standing.remaining,
            "restoreRate": standing.refill_per_second,
        },
    }


def log(prepared: Prepared, answer: Answer) -> None:
    """Write a line about an operation, of what it came to so far."""
    milliseconds = (time.perf_counter() - prepared.started_at) * 1_000
    log_operation(
        prepared.caller,
        prepared.operation,
        answer,
        cost=prepared.standing.cost,
        duration_ms=round(milliseconds, 1),
    )
