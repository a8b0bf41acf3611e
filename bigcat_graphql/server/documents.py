"""Documents parsed, limited and validated once, then found again by their text."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)

from bigcat_graphql.server.cost import CostCount, Weights
from bigcat_graphql.server.limits import Limits, find_excesses
from bigcat_graphql.server.overlaps import find_conflicts
from bigcat_graphql.server.refusals import RequestRefused, refuse
from bigcat_graphql.server.shared_selections import SharedSelection, read_selection

MAX_TOKENS = 2_000
MAX_COMMENTS = 200
MAX_SOURCE_LENGTH = 64 * 1024
# A document of 2,000 tokens takes about 1 MB as a tree, so the cache is bounded by text too.
_CACHED_DOCUMENTS = 1_000
_CACHED_CHARACTERS = 512 * 1024
_CACHED_COSTS = 64
_MAX_OPERATIONS = 25
_INTROSPECTION_FIELDS = frozenset({"__schema", "__type", "__typename"})


@dataclass(slots=True)
class Operation:
    """One operation of a valid document."""

    document: DocumentNode
    node: OperationDefinitionNode
    schema: GraphQLSchema
    weights: Weights
    answer: dict[str, object] | None = None  # of an introspection, which never changes
    introspections: int = 0  # how many fields ask the schema; known when the cost is
    _selection: SharedSelection | None = None
    _sizing_variables: tuple[str, ...] | None = None
    _costs: dict[tuple[object, ...], int] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        """Its name in the document."""
        return self.node.name.value if self.node.name else None

    @property
    def kind(self) -> OperationType:
        """Whether it is a query, a mutation or a subscription."""
        return self.node.operation

    @property
    def length(self) -> int:
        """How many characters its document has."""
        return len(self.document.loc.source.body) if self.document.loc else 0

    @property
    def asks_the_schema_only(self) -> bool:
        """Whether nothing but the schema answers it, for every caller alike."""
        fields = self.node.selection_set.selections
        return not self.node.variable_definitions and all(
            isinstance(one, FieldNode) and one.name.value in _INTROSPECTION_FIELDS for one in fields
        )

    @property
    def selection(self) -> SharedSelection:
        """What it selects as a shared subscription; read once."""
        if self._selection is None:
            self._selection = read_selection(self.document, self.node)
        return self._selection

    def cost(self, variables: Mapping[str, object]) -> int:
        """Count its cost for coerced variables; counted once for the same page sizes."""
        if self._sizing_variables is not None:
            known = self._costs.get(self._sizes(variables))
            if known is not None:
                return known
        count = CostCount(self.schema, self.weights, self.document, variables)
        cost = count.count(self.node)
        self.introspections = len(count.introspections)
        self._sizing_variables = tuple(sorted(count.sizing_variables))
        if len(self._costs) < _CACHED_COSTS:
            self._costs[self._sizes(variables)] = cost
        return cost

    def _sizes(self, variables: Mapping[str, object]) -> tuple[object, ...]:
        given = (variables.get(name) for name in self._sizing_variables or ())
        return tuple(_size_of(value) for value in given)


def _size_of(value: object) -> int | None:
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int) else None


@dataclass(slots=True)
class Document:
    """A valid document and its operations by name, in order."""

    text: str
    operations: dict[str | None, Operation]

    def operation(self, name: str | None) -> Operation:
        """Find the operation to run.

        Raises:
            RequestRefused: there is none of this name, or several and no name was given.
        """
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise refuse("The document has several operations: say which by operationName.")
        if name not in self.operations:
            raise refuse("The document has no operation of the name given as operationName.")
        return self.operations[name]


class Documents:
    """The documents seen lately that were valid; the least recently used are forgotten."""

    def __init__(
        self,
        schema: GraphQLSchema,
        weights: Weights,
        *,
        limits: Limits | None = None,
        introspection: bool = True,
    ) -> None:
        self.hits = 0
        self._schema = schema
        self._weights = weights
        self._limits = limits or Limits()
        self._rules: tuple[type[ASTValidationRule], ...] = (
            *(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule),
            *(() if introspection else (NoSchemaIntrospectionCustomRule,)),
        )
        self._checker = ThreadPoolExecutor(1, thread_name_prefix="bigcat-documents")
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def __contains__(self, text: str) -> bool:
        """Whether it was checked before and is kept."""
        return text in self._documents

    async def read(self, text: str) -> Document:
        """Parse and check a document, or find it again.

        Raises:
            RequestRefused: a syntax error, a limit exceeded, or not valid for the schema.
        """
        if (document := self._documents.get(text)) is not None:
            self.hits += 1
            self._documents.move_to_end(text)
            return document
        # Up to 100 ms of pure Python: not on the loop that everybody waits for, and one at a time,
        # so that a flood of new documents does not take the interpreter from those known.
        loop = asyncio.get_running_loop()
        document = await loop.run_in_executor(self._checker, self._prepare, text)
        self._remember(document)
        return document

    def _prepare(self, text: str) -> Document:
        tree = _parse(text)
        count = sum(isinstance(one, OperationDefinitionNode) for one in tree.definitions)
        if count > _MAX_OPERATIONS:
            raise refuse(f"A document has at most {_MAX_OPERATIONS} operations.")
        # The limits come first: they are linear, some of the specification's rules are not.
        _refuse_any(find_excesses(self._schema, tree, self._limits))
        _refuse_any(validate(self._schema, tree, self._rules, hide_suggestions=True))
        _refuse_any(find_conflicts(self._schema, tree))
        operations = (
            Operation(tree, node, self._schema, self._weights)
            for node in tree.definitions
            if isinstance(node, OperationDefinitionNode)
        )
        return Document(text, {operation.name: operation for operation in operations})

    def _remember(self, document: Document) -> None:
        if document.text in self._documents:  # somebody else asked for it meanwhile
            return
        self._documents[document.text] = document
        self._characters += len(document.text)
        while len(self._documents) > _CACHED_DOCUMENTS or self._characters > _CACHED_CHARACTERS:
            forgotten, _ = self._documents.popitem(last=False)
            self._characters -= len(forgotten)


def _parse(text: str) -> DocumentNode:
    try:
        tree = parse(
            text,
            max_lexical_tokens=MAX_TOKENS,
            max_comments=MAX_COMMENTS,
            max_source_length=MAX_SOURCE_LENGTH,
        )
    except GraphQLError as error:
        raise RequestRefused([error]) from None
    _refuse_any(_find_bad_text(tree))
    return tree


def _find_bad_text(tree: DocumentNode) -> list[GraphQLError]:
    if "\\u" not in (tree.loc.source.body if tree.loc else ""):  # NUL is written no other way
        return []
    finder = _BadText()
    visit(tree, finder)
    return finder.errors


class _BadText(Visitor):
    """Finds NUL characters: PostgreSQL has no place for them."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[GraphQLError] = []

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        """Look at one string."""
        if "\0" in node.value:
            self.errors.append(GraphQLError("Text must not have the character U+0000.", node))


def _refuse_any(errors: Iterable[GraphQLError]) -> None:
    if found := list(errors):
        raise RequestRefused(found)
