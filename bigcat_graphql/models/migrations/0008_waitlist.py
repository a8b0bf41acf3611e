"""The waiting list: places in line, and seats gathered for groups."""

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together
from bigcat_graphql.ids import new_id
from bigcat_graphql.models.waitlist import WaitlistStatus


def sql(forward: str, backward: str) -> ops.RunSQL:
    """Run one statement, and one to undo it."""
    return ops.RunSQL(forward, backward)


def constraint(table: str, name: str, definition: str) -> ops.RunSQL:
    """Refuse rows that break a rule."""
    return sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} {definition}",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
    )


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0007_queue")]
    initial = False

    operations = together(
        [
            ops.AddField(
                model_name="Booking",
                name="is_offer",
                field=fields.BooleanField(default=False, db_default=False),
            ),
            ops.CreateModel(
                name="Waitlist",
                fields=[
                    ("concert_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                    ("has_waiting", fields.BooleanField()),
                ],
                options={"table": "waitlist", "app": "models", "pk_attr": "concert_id"},
                bases=["Model"],
            ),
            ops.CreateModel(
                name="WaitlistEntry",
                fields=[
                    (
                        "id",
                        fields.UUIDField(
                            primary_key=True, default=new_id, unique=True, db_index=True
                        ),
                    ),
                    ("concert_id", fields.UUIDField()),
                    ("account_id", fields.UUIDField()),
                    ("status", fields.CharEnumField(WaitlistStatus, max_length=8)),
                    ("quantity", fields.IntField()),
                    ("together", fields.BooleanField()),
                    ("accessible", fields.BooleanField()),
                    ("max_price_minor", fields.BigIntField(null=True)),
                    ("seat_types", ArrayField(null=True, element_type="TEXT")),
                    ("section_keys", ArrayField(null=True, element_type="TEXT")),
                    ("times_passed_over", fields.IntField(default=0, db_default=0)),
                    ("booking_id", fields.UUIDField(null=True)),
                    ("created_at", fields.DatetimeField()),
                ],
                options={"table": "waitlist_entry", "app": "models", "pk_attr": "id"},
                bases=["Model"],
            ),
            ops.CreateModel(
                name="GatheredSeat",
                fields=[
                    ("index", fields.IntField(primary_key=True, generated=False)),
                    ("concert_id", fields.UUIDField()),
                    ("entry_id", fields.UUIDField()),
                    ("gathered_until", fields.DatetimeField()),
                ],
                options={"table": "gathered_seat", "app": "models", "pk_attr": "index"},
                bases=["Model"],
            ),
            constraint(
                "waitlist", "concert_fkey", "FOREIGN KEY (concert_id) REFERENCES concert (id)"
            ),
            sql(
                "ALTER TABLE waitlist_entry DROP CONSTRAINT waitlist_entry_pkey",
                "ALTER TABLE waitlist_entry ADD PRIMARY KEY (id)",
            ),
            constraint("waitlist_entry", "pkey", "PRIMARY KEY (concert_id, id)"),
            constraint(
                "waitlist_entry",
                "concert_fkey",
                "FOREIGN KEY (concert_id) REFERENCES waitlist (concert_id)",
            ),
            constraint(
                "waitlist_entry", "account_fkey", "FOREIGN KEY (account_id) REFERENCES account (id)"
            ),
            constraint(
                "waitlist_entry",
                "booking_fkey",
                "FOREIGN KEY (concert_id, booking_id) REFERENCES booking (concert_id, id)",
            ),
            constraint(
                "waitlist_entry", "status_known", "CHECK (status IN ('WAITING', 'OFFERED', 'LEFT'))"
            ),
            constraint("waitlist_entry", "quantity", "CHECK (quantity BETWEEN 1 AND 8)"),
            constraint(
                "waitlist_entry",
                "offer",
                "CHECK (status = 'LEFT' OR (status = 'OFFERED') = (booking_id IS NOT NULL))",
            ),
            sql(
                "CREATE UNIQUE INDEX waitlist_entry_one_waiting"
                " ON waitlist_entry (concert_id, account_id) WHERE status = 'WAITING'",
                "DROP INDEX waitlist_entry_one_waiting",
            ),
            sql(
                "CREATE INDEX waitlist_entry_line ON waitlist_entry (concert_id, created_at, id)"
                " WHERE status = 'WAITING'",
                "DROP INDEX waitlist_entry_line",
            ),
            sql(
                "CREATE INDEX waitlist_entry_of_account"
                " ON waitlist_entry (account_id, created_at DESC, id DESC)",
                "DROP INDEX waitlist_entry_of_account",
            ),
            sql(
                "CREATE UNIQUE INDEX waitlist_entry_offer ON waitlist_entry (concert_id, booking_id)"
                " WHERE booking_id IS NOT NULL",
                "DROP INDEX waitlist_entry_offer",
            ),
            sql(
                "ALTER TABLE gathered_seat DROP CONSTRAINT gathered_seat_pkey",
                "ALTER TABLE gathered_seat ADD PRIMARY KEY (index)",
            ),
            constraint("gathered_seat", "pkey", "PRIMARY KEY (concert_id, index)"),
            constraint(
                "gathered_seat",
                "seat_fkey",
                "FOREIGN KEY (concert_id, index) REFERENCES seat (concert_id, index)",
            ),
            constraint(
                "gathered_seat",
                "entry_fkey",
                "FOREIGN KEY (concert_id, entry_id) REFERENCES waitlist_entry (concert_id, id)",
            ),
            sql(
                "CREATE INDEX gathered_seat_until ON gathered_seat (gathered_until)",
                "DROP INDEX gathered_seat_until",
            ),
        ]
    )
