"""One operation, compiled: its variables coerced, its answer worked out."""

from collections import OrderedDict
from types import CoroutineType
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    default_field_resolver,
    default_type_resolver,
    execute_root_selection_set,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from bigcat_graphql.server.compiled.fields import select_root
from bigcat_graphql.server.compiled.site import Run, Scope, Selection
from bigcat_graphql.server.compiled.variables import Variables

# One takes less than a megabyte; what a site's own pages ask are far fewer.
_KEPT = 100


class StrawberryExecutor(Executor[Any]):
    """graphql-core's plain executor with Strawberry's `info`.

    Strawberry's own stands on the incremental one, which prepares for `@defer` at each request;
    the schema has no such directive.
    """

    def __init__(self, *parts: Any, extensions: dict[str, Any] | None, **others: Any) -> None:  # noqa: ANN401 - core's
        super().__init__(*parts, **others)
        self.operation_extensions = extensions

    build_resolve_info = StrawberryGraphQLCoreExecutionContext.build_resolve_info


class CompiledOperation:
    """An operation of a valid document."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        self.operation = operation
        self._schema = schema
        self._definitions = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self._fragments = {
            name: FragmentDetails(one, None) for name, one in self._definitions.items()
        }
        self._variables = Variables(schema, tuple(operation.variable_definitions or ()))
        # Which fields there are depends on variables where there is `@skip` or `@include`.
        self._is_fixed = "@" not in (document.loc.source.body if document.loc else "@")
        self._selection: Selection | None = None
        self._scope = Scope(schema, operation, self._fragments)

    @property
    def field_count(self) -> int:
        """How many fields of it have been compiled so far."""
        return self._scope.fields

    def read_variables(self, given: dict[str, Any] | None) -> VariableValues:
        """Coerce the variables of a request.

        Raises:
            RequestRefused: some are missing or wrong.
        """
        return self._variables.read(given or {})

    def begin(
        self, variables: VariableValues, context: object, extensions: dict[str, Any] | None
    ) -> Run:
        """Make the executor of one request, which graphql-core can run as well."""
        return StrawberryExecutor(
            self._schema,
            self._definitions,
            self._fragments,
            None,
            context,
            self.operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            hide_suggestions=True,
            extensions=extensions,
        )

    async def run(self, run: Run) -> ExecutionResult:
        """Answer a query or mutation, as `run.execute_operation()` would."""
        if not self._is_fixed:
            result = execute_root_selection_set(run)
            return result if isinstance(result, ExecutionResult) else await result
        if self._selection is None:
            self._selection = self._compile()
        try:
            data = self._selection(run, None, run.root_value)
            if type(data) is CoroutineType:
                data = await data
        except GraphQLError as error:
            run.collected_errors.add(error, None)
            data = None
        return ExecutionResult(data, run.collected_errors.errors or None)

    def _compile(self) -> Selection:
        kind = self._schema.get_root_type(self.operation.operation)
        if kind is None:
            raise LookupError(self.operation.operation)  # validation refuses such documents
        is_serial = self.operation.operation is OperationType.MUTATION
        return select_root(self._scope, kind, serially=is_serial)


class CompiledOperations:
    """The operations used lately; the least recently used are forgotten."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[int, CompiledOperation] = OrderedDict()

    def find(self, document: DocumentNode, operation: OperationDefinitionNode) -> CompiledOperation:
        """Find an operation of a valid document, or compile it."""
        key = id(operation)  # which is its own as long as it is kept
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = CompiledOperation(self._schema, document, operation)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found
