"""Messages and tickets: what was sent, codes by mail, the door."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0004_money")]
    initial = False

    operations: list[ops.Operation] = []
