"""How often accounts did the same at one concert lately, over all nodes."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0009_presale")]
    initial = False

    operations = together(
        [
            # Not logged: it is about the last seconds, and whoever forgets it lets a few more in.
            # Room on each page, and no index on what changes: an update stays where it is.
            ops.RunSQL(
                "CREATE UNLOGGED TABLE rate_bucket (account_id uuid NOT NULL,"
                " concert_id uuid NOT NULL, operation text NOT NULL, full_at timestamptz NOT NULL,"
                " PRIMARY KEY (account_id, concert_id, operation)) WITH (fillfactor = 70)",
                "DROP TABLE rate_bucket",
            ),
        ]
    )
