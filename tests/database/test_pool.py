import pytest

from bigcat_graphql.database.pool import is_read


@pytest.mark.parametrize(
    ("statement", "reads"),
    [
        ("\n  SELECT 1", True),
        ("with few as (select 1) select * from few", True),
        ("WITH gone AS (DELETE FROM slip RETURNING *) SELECT * FROM gone", False),
        ("SELECT * FROM slip FOR UPDATE", False),
        ("INSERT INTO slip VALUES (1)", False),
        ("SELECT updated_at, deleted FROM slip", True),
    ],
)
def test_only_what_changes_nothing_counts_as_a_read(statement: str, *, reads: bool) -> None:
    assert is_read(statement) is reads
