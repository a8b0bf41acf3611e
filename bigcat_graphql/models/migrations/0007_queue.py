"""The sale queue: one a concert, and one place an account."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together
from bigcat_graphql.models.sale_queue import QueueEntryStatus


def sql(forward: str, backward: str) -> ops.RunSQL:
    """Run one statement, and one to undo it."""
    return ops.RunSQL(forward, backward)


def check(table: str, name: str, condition: str) -> ops.RunSQL:
    """Refuse rows that break a rule."""
    return sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({condition})",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
    )


def references(table: str, column: str, target: str, target_column: str = "id") -> ops.RunSQL:
    """Refuse rows whose owner does not exist."""
    return sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fkey"
        f" FOREIGN KEY ({column}) REFERENCES {target} ({target_column})",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fkey",
    )


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0006_jobs")]
    initial = False

    operations = together(
        [
            ops.CreateModel(
                name="SaleQueue",
                fields=[
                    ("concert_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                    ("id", fields.UUIDField(unique=True)),
                    ("commitment", fields.BinaryField()),
                    ("seed", fields.BinaryField()),
                    ("created_at", fields.DatetimeField()),
                    ("lobby_closed_at", fields.DatetimeField(null=True)),
                    ("entries_root", fields.BinaryField(null=True)),
                    ("entry_count", fields.IntField(null=True)),
                    ("beacon", fields.JSONField(null=True)),
                    ("drawn_at", fields.DatetimeField(null=True)),
                    ("ended_at", fields.DatetimeField(null=True)),
                    ("next_rank", fields.IntField(default=1, db_default=1)),
                    ("head_rank", fields.IntField(default=0, db_default=0)),
                    ("waiting_count", fields.IntField(default=0, db_default=0)),
                    ("admitted_per_minute", fields.FloatField(default=0.0, db_default=0.0)),
                    ("head_per_minute", fields.FloatField(default=0.0, db_default=0.0)),
                    ("sessions_ended", fields.IntField(default=0, db_default=0)),
                    ("sessions_bought", fields.IntField(default=0, db_default=0)),
                    ("tickets_bought", fields.IntField(default=0, db_default=0)),
                    ("ticked_at", fields.DatetimeField(null=True)),
                ],
                options={"table": "sale_queue", "app": "models", "pk_attr": "concert_id"},
                bases=["Model"],
            ),
            ops.CreateModel(
                name="QueueEntry",
                fields=[
                    ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                    ("concert_id", fields.UUIDField()),
                    ("account_id", fields.UUIDField()),
                    ("nonce_digest", fields.BinaryField()),
                    ("status", fields.CharEnumField(QueueEntryStatus, max_length=8)),
                    ("rank", fields.IntField(null=True)),
                    ("is_away", fields.BooleanField(default=False, db_default=False)),
                    ("joined_at", fields.DatetimeField()),
                    ("seen_at", fields.DatetimeField()),
                    ("admitted_at", fields.DatetimeField(null=True)),
                    ("admitted_until", fields.DatetimeField(null=True)),
                    ("claimed_at", fields.DatetimeField(null=True)),
                    ("changed_at", fields.DatetimeField()),
                ],
                options={"table": "queue_entry", "app": "models", "pk_attr": "id"},
                bases=["Model"],
            ),
            ops.CreateModel(
                name="SaleLobby",
                fields=[
                    ("concert_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                    ("entrants", fields.BinaryField()),
                ],
                options={"table": "sale_lobby", "app": "models", "pk_attr": "concert_id"},
                bases=["Model"],
            ),
            references("sale_queue", "concert_id", "concert"),
            references("sale_lobby", "concert_id", "sale_queue", "concert_id"),
            check("sale_queue", "lobby", "(lobby_closed_at IS NULL) = (entries_root IS NULL)"),
            check("sale_queue", "drawn", "drawn_at IS NULL OR lobby_closed_at IS NOT NULL"),
            check("sale_queue", "head", "head_rank >= 0 AND head_rank < next_rank"),
            sql(
                "CREATE INDEX sale_queue_running ON sale_queue (concert_id) WHERE ended_at IS NULL",
                "DROP INDEX sale_queue_running",
            ),
            # One place an account, however many tabs, devices or requests.
            sql(
                "ALTER TABLE queue_entry DROP CONSTRAINT queue_entry_pkey",
                "ALTER TABLE queue_entry ADD PRIMARY KEY (id)",
            ),
            sql(
                "ALTER TABLE queue_entry"
                " ADD CONSTRAINT queue_entry_pkey PRIMARY KEY (concert_id, account_id)",
                "ALTER TABLE queue_entry DROP CONSTRAINT queue_entry_pkey",
            ),
            references("queue_entry", "concert_id", "sale_queue", "concert_id"),
            references("queue_entry", "account_id", "account"),
            check(
                "queue_entry",
                "status_known",
                "status IN ('PREQUEUE', 'WAITING', 'ADMITTED', 'DONE', 'EXPIRED', 'LEFT')",
            ),
            check(
                "queue_entry", "rank", "status NOT IN ('WAITING', 'ADMITTED') OR rank IS NOT NULL"
            ),
            check("queue_entry", "admitted", "status <> 'ADMITTED' OR admitted_until IS NOT NULL"),
            # No two at one place.
            sql(
                "CREATE UNIQUE INDEX queue_entry_receipt ON queue_entry (concert_id, id)",
                "DROP INDEX queue_entry_receipt",
            ),
            sql(
                "CREATE UNIQUE INDEX queue_entry_rank ON queue_entry (concert_id, rank)"
                " WHERE rank IS NOT NULL",
                "DROP INDEX queue_entry_rank",
            ),
            sql(
                "CREATE INDEX queue_entry_line ON queue_entry (concert_id, rank)"
                " WHERE status = 'WAITING' AND NOT is_away",
                "DROP INDEX queue_entry_line",
            ),
            sql(
                "CREATE INDEX queue_entry_changed ON queue_entry (concert_id, changed_at)",
                "DROP INDEX queue_entry_changed",
            ),
            sql(
                "CREATE INDEX queue_entry_admitted ON queue_entry (concert_id)"
                " WHERE status = 'ADMITTED'",
                "DROP INDEX queue_entry_admitted",
            ),
        ]
    )
