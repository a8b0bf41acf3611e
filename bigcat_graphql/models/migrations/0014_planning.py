"""What PostgreSQL plans by: no index that is tempting for the wrong reason, no idle statistics."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together

# Nobody searches by these, and to analyze them would be most of the work.
_UNSEARCHED = {
    "idempotency_key": ("outcome", "request_hash"),
    "booking": ("refund_steps",),
    "ticket": ("code",),
}
_LAPSING = "CREATE INDEX booking_lapsing ON booking (reserved_until) WHERE {which}"


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0013_forecast")]
    initial = False

    operations = together(
        [
            # The same bookings, said in other words: while few were PENDING when the table was last
            # analyzed, whoever asked for the PENDING ones of an account was led through all of them.
            ops.RunSQL(
                "DROP INDEX booking_lapsing; "
                + _LAPSING.format(which="reserved_until IS NOT NULL"),
                "DROP INDEX booking_lapsing; " + _LAPSING.format(which="status = 'PENDING'"),
            ),
        ]
        + [
            ops.RunSQL(
                f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0",
                f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS -1",
            )
            for table, columns in _UNSEARCHED.items()
            for column in columns
        ]
    )
