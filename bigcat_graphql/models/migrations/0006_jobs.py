"""The tables of jobs, see bigcat_graphql.jobs."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0005_messages")]
    initial = False

    operations: list[ops.Operation] = []
