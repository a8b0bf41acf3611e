"""Tickets are found by their ids alone: nobody looks for one by its secret."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0014_planning")]
    initial = False

    operations = together(
        [
            # 144 random bits need nobody to say that they are not there yet, and to keep an index
            # of them in order was a fifth of what issuing a ticket took.
            ops.RunSQL(
                "DROP INDEX ticket_code",
                "CREATE UNIQUE INDEX ticket_code ON ticket (concert_id, code)",
            ),
        ]
    )
