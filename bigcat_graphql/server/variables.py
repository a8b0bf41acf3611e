"""Variables as they came: not more than make sense, and no text that no room can take."""

from typing import Any

from bigcat_graphql.server.refusals import refuse

# Coercing 40,000 numbers held the loop for 60 ms; the longest list that makes sense has 100.
_MAX_VALUES = 2_000


def check_variables(variables: dict[str, Any] | None) -> None:
    """Refuse what would take long to coerce, and what PostgreSQL has no place for.

    Works without recursion: JSON can be deep.

    Raises:
        RequestRefused: more than 2,000 values, or a text with U+0000.
    """
    waiting: list[object] = [variables]
    seen = 1
    for one in waiting:  # which grows meanwhile
        if isinstance(one, str):
            if "\0" in one:
                raise refuse("Text must not have the character U+0000.")
        elif isinstance(one, dict):
            waiting += one
            waiting += one.values()
            seen += 2 * len(one)
        elif isinstance(one, list):
            waiting += one
            seen += len(one)
        if seen > _MAX_VALUES:
            raise refuse(f"The variables have too many values: at most {_MAX_VALUES}.")
