"""No index that nobody asks: each costs every booking and every payment a little."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together

_UNIQUE = "uid_idempotency_account_db9b60"


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
            # A key is found by whose it is, for what, and its text; the id is for Tortoise.
            ops.RunSQL(
                f"ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_pkey,"
                f" DROP CONSTRAINT IF EXISTS {_UNIQUE}; DROP INDEX IF EXISTS {_UNIQUE};"
                " ALTER TABLE idempotency_key ADD PRIMARY KEY (account_id, mutation, key)",
                "ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_pkey;"
                " ALTER TABLE idempotency_key ADD PRIMARY KEY (id),"
                f" ADD CONSTRAINT {_UNIQUE} UNIQUE (account_id, mutation, key)",
            ),
        ]
    )
