"""Conditions of a SELECT, put together one by one, and what PostgreSQL's text can hold."""


class Conditions:
    """Conditions that must all hold, with their arguments numbered as they come."""

    def __init__(self, *conditions: str) -> None:
        self._conditions = list(conditions)
        self.args: list[object] = []

    def add(self, condition: str, *values: object) -> None:
        """Add a condition; where values are given, `{}` or `{0}` stands for each."""
        if values:
            condition = condition.format(*[self.bind(value) for value in values])
        self._conditions.append(condition)

    def bind(self, value: object) -> str:
        """Number a value, to use in a statement."""
        self.args.append(value)
        return f"${len(self.args)}"

    def within(self, *conditions: str) -> "Conditions":
        """Begin the conditions of a subquery, which share this one's arguments."""
        inner = Conditions(*conditions)
        inner.args = self.args
        return inner

    def copy(self) -> "Conditions":
        """Make a copy that can be added to."""
        twin = Conditions(*self._conditions)
        twin.args = list(self.args)
        return twin

    def __str__(self) -> str:
        """Write what follows WHERE."""
        return " AND ".join(self._conditions) or "TRUE"


def is_storable(text: str) -> bool:
    """Say whether PostgreSQL's text can hold this: it has no NUL, and UTF-8 no surrogates."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def escape_like(text: str) -> str:
    r"""Write text so that LIKE takes `%`, `_` and `\` for themselves."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
