"""A refund policy gives back 0 to 100 percent, until 0 hours before the start or more."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# Whole numbers: a part of a percent would make fractions of minor units. The path finds what breaks
# a rule, a step without one of the two among it.
_MAKES_SENSE = """
jsonb_typeof(refund_steps) = 'array' AND NOT jsonb_path_exists(refund_steps, '$[*] ? (!(
  @.hours_before.type() == "number" && @.hours_before.floor() == @.hours_before
  && @.hours_before >= 0
  && @.percent.type() == "number" && @.percent.floor() == @.percent
  && @.percent >= 0 && @.percent <= 100))')
"""


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0011_locale")]
    initial = False

    operations = [
        # Bookings copy it in the statement that makes them, and are held to the same by that.
        ops.RunSQL(
            f"ALTER TABLE concert ADD CONSTRAINT concert_refund_steps CHECK ({_MAKES_SENSE})",
            "ALTER TABLE concert DROP CONSTRAINT concert_refund_steps",
        ),
    ]
