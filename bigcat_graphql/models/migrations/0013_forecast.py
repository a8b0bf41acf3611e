"""What a sale queue has seen of its line, for the wait to be told from it."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0012_refund_steps")]
    initial = False

    operations = together(
        [
            # Who is in a lobby is written down every ten seconds: beside the old row there is room
            # for the new one, so that no index is written and the draw finds a small table.
            ops.RunSQL(
                "ALTER TABLE queue_entry SET (fillfactor = 50)",
                "ALTER TABLE queue_entry RESET (fillfactor)",
            ),
        ]
        + [
            ops.AddField(model_name="SaleQueue", name=name, field=field)
            for name, field in (
                ("waiting_drawn", fields.IntField(default=0, db_default=0)),
                ("counted_rank", fields.IntField(default=0, db_default=0)),
                ("admitted_count", fields.IntField(default=0, db_default=0)),
                ("session_seconds", fields.FloatField(default=0.0, db_default=0.0)),
                ("present_share", fields.FloatField(default=1.0, db_default=1.0)),
                ("leaving_per_minute", fields.FloatField(default=0.0, db_default=0.0)),
            )
        ]
        + [
            # A queue that is open now has ended sessions without knowing how long they lasted.
            ops.RunSQL(
                "UPDATE sale_queue SET session_seconds = 120 * sessions_ended"
                " WHERE sessions_ended > 0 AND ended_at IS NULL",
                "SELECT",
            ),
        ]
    )
