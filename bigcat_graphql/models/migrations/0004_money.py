"""Money: refund policies and refunds, webhooks, and why a booking ended."""

from typing import Any

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import Field
from tortoise.fields.db_defaults import SqlDefault
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together
from bigcat_graphql.ids import new_id

_FULL_REFUND = SqlDefault("""'[{"hours_before": 0, "percent": 100}]'::jsonb""")


def sql(forward: str, backward: str) -> ops.RunSQL:
    """Run one statement, and one to undo it."""
    return ops.RunSQL(forward, backward)


def add(model: str, name: str, field: Field[Any]) -> ops.AddField:
    """Add a column."""
    return ops.AddField(model_name=model, name=name, field=field)


def check(table: str, name: str, condition: str) -> ops.RunSQL:
    """Refuse rows that break a rule."""
    return sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({condition})",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
    )


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0003_rush")]
    initial = False

    operations = together(
        [
            # ---- policies, and a booking's copy: what was sold so far could be given back in full
            add("Concert", "refund_steps", fields.JSONField(db_default=_FULL_REFUND)),
            add("Booking", "refund_steps", fields.JSONField(db_default=_FULL_REFUND)),
            add("Booking", "grace_given", fields.BooleanField(default=False, db_default=False)),
            add("Booking", "end_reason", fields.CharField(max_length=17, null=True)),
            check(
                "booking",
                "end_reason_known",
                "end_reason IN ('BUYER', 'ORGANIZER', 'TIME_OVER', 'SEATS_LOST', 'PAYMENT_FAILED',"
                " 'CONCERT_CANCELLED')",
            ),
            check("booking", "end_reason_ended", "end_reason IS NULL OR ended_at IS NOT NULL"),
            # The primary key is then the only index on bookings that their concert leads: a look-up by
            # concert and id, as each ticket's foreign key makes one, has no other to choose. On a new
            # table, whose statistics nobody has gathered yet, it chose one of those, and read every
            # booking of the concert.
            sql(
                "DROP INDEX booking_of_account",
                "CREATE INDEX booking_of_account ON booking (concert_id, account_id)",
            ),
            sql(
                "CREATE INDEX booking_of_account ON booking (account_id, concert_id)",
                "DROP INDEX booking_of_account",
            ),
            sql(
                "DROP INDEX booking_reference",
                "CREATE UNIQUE INDEX booking_reference ON booking (concert_id, reference)",
            ),
            sql(
                "CREATE UNIQUE INDEX booking_reference ON booking (reference, concert_id)",
                "DROP INDEX booking_reference",
            ),
            sql(
                "DROP INDEX booking_by_reference",
                "CREATE INDEX booking_by_reference ON booking (reference)",
            ),
            add("Ticket", "kept_minor", fields.BigIntField(default=0, db_default=0)),
            check("ticket", "kept", "kept_minor BETWEEN 0 AND price_minor"),
            # ---- payments: how much was charged, and when to ask the provider next
            add("Payment", "captured_minor", fields.BigIntField(default=0, db_default=0)),
            add("Payment", "ahead_minor", fields.BigIntField(default=0, db_default=0)),
            # What it is for, of those begun from now on.
            add("Payment", "seat_indexes", ArrayField("int", null=True)),
            add("Payment", "seat_prices_minor", ArrayField("bigint", null=True)),
            add("Payment", "decline_code", fields.CharField(max_length=100, null=True)),
            add("Payment", "look_at", fields.DatetimeField(null=True)),
            add("Payment", "looks", fields.IntField(default=0, db_default=0)),
            sql(
                "UPDATE payment SET captured_minor = amount_minor"
                " WHERE status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED')",
                "SELECT 1",
            ),
            sql(
                "UPDATE payment SET look_at = created_at"
                " WHERE status IN ('CREATED', 'REQUIRES_ACTION', 'AUTHORIZED', 'ORPHANED')",
                "SELECT 1",
            ),
            check("payment", "captured", "captured_minor BETWEEN refunded_minor AND amount_minor"),
            sql(
                "CREATE INDEX payment_to_look_at ON payment (look_at) WHERE look_at IS NOT NULL",
                "DROP INDEX payment_to_look_at",
            ),
            sql("DROP INDEX payment_open", "CREATE INDEX payment_open ON payment (created_at)"),
            sql(
                "CREATE INDEX payment_for_a_person ON payment (created_at)"
                " WHERE status IN ('ORPHANED', 'DISPUTED') OR ahead_minor <> 0",
                "DROP INDEX payment_for_a_person",
            ),
            # ---- refunds
            ops.CreateModel(
                name="Refund",
                fields=[
                    (
                        "id",
                        fields.UUIDField(
                            primary_key=True, default=new_id, unique=True, db_index=True
                        ),
                    ),
                    ("concert_id", fields.UUIDField()),
                    ("booking_id", fields.UUIDField()),
                    ("payment_id", fields.UUIDField()),
                    ("status", fields.CharField(max_length=9)),
                    ("reason", fields.CharField(max_length=11)),
                    ("amount_minor", fields.BigIntField()),
                    ("currency", fields.CharField(max_length=3)),
                    ("attempt", fields.IntField(default=0, db_default=0)),
                    ("provider_reference", fields.CharField(null=True, max_length=200)),
                    ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("succeeded_at", fields.DatetimeField(null=True)),
                ],
                options={"table": "refund", "app": "models", "pk_attr": "id"},
                bases=["Model"],
            ),
            sql(
                "ALTER TABLE refund DROP CONSTRAINT refund_pkey",
                "ALTER TABLE refund ADD PRIMARY KEY (id)",
            ),
            sql(
                "ALTER TABLE refund ADD CONSTRAINT refund_pkey PRIMARY KEY (concert_id, id)",
                "ALTER TABLE refund DROP CONSTRAINT refund_pkey",
            ),
            check(
                "refund",
                "status_known",
                "status IN ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED')",
            ),
            check("refund", "reason_known", "reason IN ('CANCELLED', 'SEATS_LOST', 'AT_PROVIDER')"),
            check("refund", "amount", "amount_minor > 0"),
            check("refund", "success", "(succeeded_at IS NOT NULL) = (status = 'SUCCEEDED')"),
            sql(
                "ALTER TABLE refund ADD CONSTRAINT refund_payment_fkey"
                " FOREIGN KEY (concert_id, payment_id) REFERENCES payment (concert_id, id)",
                "ALTER TABLE refund DROP CONSTRAINT refund_payment_fkey",
            ),
            sql(
                "ALTER TABLE refund ADD CONSTRAINT refund_booking_fkey"
                " FOREIGN KEY (concert_id, booking_id) REFERENCES booking (concert_id, id)",
                "ALTER TABLE refund DROP CONSTRAINT refund_booking_fkey",
            ),
            # Seats are lost once: two who find that out at once ask for the money back once.
            sql(
                "CREATE UNIQUE INDEX refund_of_lost_seats ON refund (concert_id, payment_id)"
                " WHERE reason = 'SEATS_LOST'",
                "DROP INDEX refund_of_lost_seats",
            ),
            sql(
                "CREATE INDEX refund_of_booking ON refund (concert_id, booking_id, created_at)",
                "DROP INDEX refund_of_booking",
            ),
            sql(
                "CREATE INDEX refund_of_payment ON refund (concert_id, payment_id)",
                "DROP INDEX refund_of_payment",
            ),
            sql(
                "CREATE INDEX refund_open ON refund (created_at) WHERE status <> 'SUCCEEDED'",
                "DROP INDEX refund_open",
            ),
            # ---- the books of provider `test`, which outlive a process as a real one's do
            sql(
                "CREATE TABLE play_payment (id uuid PRIMARY KEY, payment_method text NOT NULL,"
                " amount_minor bigint NOT NULL, status text NOT NULL,"
                " is_disputed boolean NOT NULL DEFAULT false, answers_at timestamptz NOT NULL)",
                "DROP TABLE play_payment",
            ),
            sql(
                "CREATE TABLE play_refund (key text PRIMARY KEY, payment_id uuid NOT NULL,"
                " amount_minor bigint NOT NULL)",
                "DROP TABLE play_refund",
            ),
            sql(
                "CREATE INDEX play_refund_of_payment ON play_refund (payment_id)",
                "DROP INDEX play_refund_of_payment",
            ),
            # A provider with an outside world names payments by names of its own.
            sql(
                "CREATE INDEX payment_by_reference ON payment (provider_reference)"
                " WHERE provider <> 'test'",
                "DROP INDEX payment_by_reference",
            ),
            # ---- what providers told: each event once, for ever
            sql(
                "CREATE TABLE webhook_event (provider text, event_id text, kind text NOT NULL,"
                " concert_id uuid, payment_id uuid, deliveries int NOT NULL DEFAULT 1,"
                " received_at timestamptz NOT NULL DEFAULT now(), handled_at timestamptz,"
                " PRIMARY KEY (provider, event_id))",
                "DROP TABLE webhook_event",
            ),
            sql(
                "CREATE INDEX webhook_event_unhandled ON webhook_event (received_at)"
                " WHERE handled_at IS NULL",
                "DROP INDEX webhook_event_unhandled",
            ),
        ]
    )
