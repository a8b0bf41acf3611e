"""No statistics of columns that nobody searches by: to analyze them is most of the work."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together

_UNSEARCHED = {
    "idempotency_key": ("outcome", "request_hash"),
    "booking": ("refund_steps",),
    "ticket": ("code",),
}


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0013_forecast")]
    initial = False

    operations = together(
        [
            ops.RunSQL(
                f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0",
                f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS -1",
            )
            for table, columns in _UNSEARCHED.items()
            for column in columns
        ]
    )
