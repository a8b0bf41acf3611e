"""Inputs of which exactly one field is given, made known to graphql-core."""

from graphql import GraphQLInputObjectType, GraphQLSchema


def mark_one_of(schema: GraphQLSchema) -> None:
    """Tell graphql-core which inputs are `@oneOf`, so that its own rules check them.

    Strawberry 0.341 keeps that to itself, and its own rule breaks on undefined variables.
    """
    for named in schema.type_map.values():
        definition = named.extensions.get("strawberry-definition")
        if isinstance(named, GraphQLInputObjectType) and definition is not None:
            named.is_one_of = definition.is_one_of
