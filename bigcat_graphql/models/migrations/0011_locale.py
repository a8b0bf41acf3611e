"""In which language messages to an account are written."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0010_rates")]
    initial = False

    operations = together(
        [
            # Null is for accounts of before, and for whoever did not say: the venue decides.
            ops.AddField(
                model_name="Account",
                name="locale",
                field=fields.CharField(null=True, max_length=35),
            ),
            ops.RunSQL(
                "ALTER TABLE account ADD CONSTRAINT account_locale"
                " CHECK (locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$')",
                "ALTER TABLE account DROP CONSTRAINT account_locale",
            ),
        ]
    )
