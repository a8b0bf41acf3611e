"""Money: refund policies and refunds, webhooks, and why a booking ended."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0003_rush")]
    initial = False

    operations: list[ops.Operation] = []
