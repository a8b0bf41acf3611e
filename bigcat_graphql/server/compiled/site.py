"""Where in a document a field stands, and which fields there are below it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    Executor,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

Run = Executor[Any]
# What resolvers take and return, and what is answered: JSON's values, objects, coroutines.
Value = Any
# Answers the fields of an object: the run, where the object stands, and the object.
Selection = Callable[[Run, Path | None, Value], Value]
# Of a document without directives, which fields there are depends on no variable.
NO_VARIABLES = VariableValues({}, {})
# A field takes about 1.5 kB; through fragments a short document can unfold to thousands.
_MOST_FIELDS = 500


@dataclass(slots=True)
class Scope:
    """One operation, and how many of its fields have been compiled."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    fields: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the rest is left to graphql-core."""
        return self.fields >= _MOST_FIELDS

    def root_fields(self, kind: GraphQLObjectType) -> dict[str, FieldDetailsList]:
        """Group the fields of the operation by the key of their answer."""
        return collect_fields(
            self.schema, self.fragments, NO_VARIABLES, kind, self.operation, hide_suggestions=True
        ).grouped_field_set

    def fields_of(
        self, kind: GraphQLObjectType, details: FieldDetailsList
    ) -> dict[str, FieldDetailsList]:
        """Group the fields below a field, for the object type that its value has."""
        return collect_subfields(
            self.schema,
            self.fragments,
            NO_VARIABLES,
            self.operation,
            kind,
            details,
            hide_suggestions=True,
        ).grouped_field_set


@dataclass(slots=True)
class Site:
    """One field of one object type in a document; `select` compiles what is below it."""

    scope: Scope
    parent: GraphQLObjectType
    key: str
    definition: GraphQLField
    details: FieldDetailsList
    select: Callable[[Scope, GraphQLObjectType, FieldDetailsList], Selection]
    nodes: list[FieldNode] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the nodes, which errors and resolvers are told."""
        self.nodes = [one.node for one in self.details]

    @property
    def kind(self) -> GraphQLOutputType:
        """What the field answers with."""
        return self.definition.type

    def info(self, run: Run, path: Path) -> "GraphQLResolveInfo[Any]":
        """Make what graphql-core hands to resolvers."""
        return run.build_resolve_info(self.definition, self.nodes, self.parent, path)

    def fail(self, run: Run, path: Path, error: Exception, kind: GraphQLOutputType) -> None:
        """Note an error, so that null may stand there.

        Raises:
            GraphQLError: null may not stand there.
        """
        run.handle_field_error(error, kind, self.details, path)
