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
    seen = 0
    while waiting:
        one = waiting.pop()
        seen += 1
        if isinstance(one, str) and "\0" in one:
            raise refuse("Text must not have the character U+0000.")
        if isinstance(one, dict):
            waiting.extend(one.keys())
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        if seen + len(waiting) > _MAX_VALUES:
            raise refuse(f"The variables have too many values: at most {_MAX_VALUES}.")
