"""Who may take part in a sale: a verified e-mail, a list, or an access code."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together


def sql(forward: str, backward: str) -> ops.RunSQL:
    """Run one statement, and one to undo it."""
    return ops.RunSQL(forward, backward)


def table(name: str, columns: str) -> ops.RunSQL:
    """Make a table that no model reads."""
    return sql(f"CREATE TABLE {name} ({columns})", f"DROP TABLE {name}")


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0008_waitlist")]
    initial = False

    operations = together(
        [
            ops.AddField(
                model_name="Concert",
                name="needs_verified_email",
                field=fields.BooleanField(default=False, db_default=False),
            ),
            # Until then only who has a pass may book; null where there is no presale.
            ops.AddField(
                model_name="Concert", name="presale_until", field=fields.DatetimeField(null=True)
            ),
            table(
                "presale_guest",
                "concert_id uuid NOT NULL REFERENCES concert (id), email_folded text NOT NULL,"
                " PRIMARY KEY (concert_id, email_folded)",
            ),
            table(
                "access_code",
                "concert_id uuid NOT NULL REFERENCES concert (id), digest bytea NOT NULL,"
                " uses_left int NOT NULL CHECK (uses_left >= 0), PRIMARY KEY (concert_id, digest)",
            ),
            # Who has shown a code; it costs one use of it, however often it is shown.
            table(
                "presale_pass",
                "concert_id uuid NOT NULL REFERENCES concert (id),"
                " account_id uuid NOT NULL REFERENCES account (id),"
                " made_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (concert_id, account_id)",
            ),
        ]
    )
