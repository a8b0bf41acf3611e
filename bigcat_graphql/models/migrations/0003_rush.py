"""What the rush needs: no seats left alone where the organizer says so, and what accounts kept."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0002_constraints")]
    initial = False

    operations = together(
        [
            ops.AddField(
                model_name="Concert",
                name="no_single_seats",
                field=fields.BooleanField(default=False, db_default=False),
            ),
            ops.AddField(
                model_name="Booking",
                name="seat_seconds_changed",
                field=fields.BigIntField(default=0, db_default=0),
            ),
            # How many PENDING bookings an account has, however many it ever had.
            ops.RunSQL(
                "CREATE INDEX booking_pending ON booking (account_id) WHERE status = 'PENDING'",
                "DROP INDEX booking_pending",
            ),
        ]
    )
