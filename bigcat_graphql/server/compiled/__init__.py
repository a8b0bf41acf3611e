"""Operations as functions made once, where graphql-core would interpret them at each request.

What comes out is graphql-core's answer to the letter, errors and nulls included; whatever is
unusual is handed to graphql-core while it runs (docs/decisions/compiled.md).
"""

from bigcat_graphql.server.compiled.operation import CompiledOperation, CompiledOperations

__all__ = ["CompiledOperation", "CompiledOperations"]
