"""Messages and tickets: what was sent, codes by mail, the door."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together
from bigcat_graphql.ids import new_id


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0004_money")]
    initial = False

    operations = together(
        [
            # ---- tickets: the door, and the keys that sign codes
            ops.AddField(
                model_name="Ticket",
                name="checked_in_at",
                field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
            ),
            # A ticket that was let in and then cancelled keeps both times.
            ops.RunSQL(
                "ALTER TABLE ticket ADD CONSTRAINT ticket_admission CHECK (CASE status"
                " WHEN 'CHECKED_IN' THEN checked_in_at IS NOT NULL"
                " WHEN 'ISSUED' THEN checked_in_at IS NULL ELSE true END)",
                "ALTER TABLE ticket DROP CONSTRAINT ticket_admission",
            ),
            ops.CreateModel(
                name="TicketKey",
                fields=[
                    (
                        "number",
                        fields.IntField(
                            primary_key=True, generated=False, unique=True, db_index=True
                        ),
                    ),
                    ("private_key", fields.BinaryField()),
                    ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ],
                options={"table": "ticket_key", "app": "models", "pk_attr": "number"},
                bases=["Model"],
            ),
            ops.RunSQL(
                "ALTER TABLE ticket_key ADD CONSTRAINT ticket_key_length"
                " CHECK (octet_length(private_key) = 32 AND number BETWEEN 1 AND 65535)",
                "ALTER TABLE ticket_key DROP CONSTRAINT ticket_key_length",
            ),
            # ---- codes by mail
            ops.AddField(
                model_name="Account",
                name="email_verified_at",
                field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
            ),
            ops.CreateModel(
                name="EmailCode",
                fields=[
                    (
                        "id",
                        fields.UUIDField(
                            primary_key=True, default=new_id, unique=True, db_index=True
                        ),
                    ),
                    ("email_folded", fields.CharField(unique=True, max_length=320)),
                    ("code_hash", fields.CharField(null=True, max_length=200)),
                    ("tries_left", fields.IntField()),
                    ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("valid_until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ],
                options={"table": "email_code", "app": "models", "pk_attr": "id"},
                bases=["Model"],
            ),
            ops.RunSQL(
                "ALTER TABLE email_code ADD CONSTRAINT email_code_tries CHECK (tries_left >= 0)",
                "ALTER TABLE email_code DROP CONSTRAINT email_code_tries",
            ),
            ops.RunSQL(
                "CREATE INDEX email_code_age ON email_code (valid_until)",
                "DROP INDEX email_code_age",
            ),
            # ---- messages: each once, for ever
            ops.AddField(
                model_name="Account", name="phone", field=fields.CharField(null=True, max_length=16)
            ),
            ops.RunSQL(
                "ALTER TABLE account ADD CONSTRAINT account_phone"
                " CHECK (phone ~ '^[+][1-9][0-9]{6,14}$')",
                "ALTER TABLE account DROP CONSTRAINT account_phone",
            ),
            ops.CreateModel(
                name="Message",
                fields=[
                    (
                        "id",
                        fields.UUIDField(
                            primary_key=True, default=new_id, unique=True, db_index=True
                        ),
                    ),
                    ("concert_id", fields.UUIDField(null=True)),
                    ("booking_id", fields.UUIDField(null=True)),
                    ("kind", fields.CharField(max_length=20)),
                    ("cause", fields.CharField(max_length=36)),
                    ("channel", fields.CharField(max_length=4)),
                    ("recipient", fields.CharField(max_length=320)),
                    ("subject", fields.CharField(max_length=998)),
                    ("content", fields.BinaryField(null=True)),
                    ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("sending_until", fields.DatetimeField(null=True)),
                    ("sent_at", fields.DatetimeField(null=True)),
                ],
                options={"table": "message", "app": "models", "pk_attr": "id"},
                bases=["Model"],
            ),
            ops.RunSQL(
                "ALTER TABLE message ADD CONSTRAINT message_channel CHECK (channel IN ('MAIL', 'SMS'))",
                "ALTER TABLE message DROP CONSTRAINT message_channel",
            ),
            # What makes each message one message, however often its job runs.
            ops.RunSQL(
                "CREATE UNIQUE INDEX message_once"
                " ON message (concert_id, booking_id, kind, cause, channel)",
                "DROP INDEX message_once",
            ),
            # The mailbox of the demo: what is kept, the newest first.
            ops.RunSQL(
                "CREATE INDEX message_kept ON message (id) WHERE content IS NOT NULL",
                "DROP INDEX message_kept",
            ),
        ]
    )
