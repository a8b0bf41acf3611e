"""`python -m bigcat_graphql` is `bigcat`."""

from bigcat_graphql.cli import main

main()
