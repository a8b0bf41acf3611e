"""Pages of lists, after the Relay connection specification."""

from typing import Annotated, Any, Self, TypeVar

import strawberry
from strawberry import UNSET

from bigcat_graphql.catalogue import Page, PageRequest
from bigcat_graphql.schema.describing import output

T = TypeVar("T")

First = Annotated[
    int | None,
    strawberry.argument(
        description="Items from the start, 1 to 100; 20 when neither `first` nor `last` is given."
    ),
]
After = Annotated[str | None, strawberry.argument(description="Only items after this cursor.")]
Last = Annotated[
    int | None,
    strawberry.argument(description="Items from the end, 1 to 100; not together with `first`."),
]
Before = Annotated[str | None, strawberry.argument(description="Only items before this cursor.")]


@output
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="Are there items after `endCursor`?")
    has_previous_page: bool = strawberry.field(description="Are there items before `startCursor`?")
    start_cursor: str | None = strawberry.field(
        description="Pass as `before`; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(description="Pass as `after`; null on an empty page.")

    @classmethod
    def of(cls, page: Page[Any]) -> Self:
        """Show where a page stands."""
        return cls(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        )


def given(value: T | None) -> T | None:
    """Take an argument or field that was left out for null, which means the same here."""
    return None if value is UNSET else value


def read_page(
    first: int | None, after: str | None, last: int | None, before: str | None
) -> PageRequest:
    """Read which page is asked for; whoever fetches it checks it."""
    return PageRequest(given(first), given(after), given(last), given(before))
