"""Keys, constraints and indexes that Tortoise cannot say, or says and does not create.

`concert_id` leads the keys of everything that belongs to a concert, so that a concert can one day
live on a node of its own. Statements are portable to PostgreSQL 15 to 18; one statement a RunSQL.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

from bigcat_graphql.database.migration import together


def sql(forward: str, backward: str) -> ops.RunSQL:
    """Run one statement, and one to undo it."""
    return ops.RunSQL(forward, backward)


def key(table: str, columns: str) -> list[ops.RunSQL]:
    """Replace the one-column key that Tortoise made."""
    return [
        sql(
            f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey",
            f"ALTER TABLE {table} ADD PRIMARY KEY (id)",
        ),
        sql(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({columns})",
            f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey",
        ),
    ]


def check(table: str, name: str, condition: str) -> ops.RunSQL:
    """Refuse rows that break a rule."""
    return sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({condition})",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
    )


def one_of(table: str, column: str, values: str) -> ops.RunSQL:
    """Refuse values that are none of these, given with blanks between."""
    listed = ", ".join(f"'{value}'" for value in values.split())
    return check(table, f"{column}_known", f"{column} IN ({listed})")


def references(table: str, column: str, target: str) -> ops.RunSQL:
    """Refuse rows whose owner does not exist."""
    return sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fkey"
        f" FOREIGN KEY ({column}) REFERENCES {target} (id) ON DELETE RESTRICT",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fkey",
    )


def belongs_to_booking(table: str) -> ops.RunSQL:
    """Refuse rows whose booking does not exist, or is of another concert."""
    return sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_booking_fkey"
        " FOREIGN KEY (concert_id, booking_id) REFERENCES booking (concert_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_booking_fkey",
    )


def index(name: str, on: str) -> ops.RunSQL:
    """Make an index."""
    return sql(f"CREATE INDEX {name} ON {on}", f"DROP INDEX {name}")


def unique(name: str, on: str) -> ops.RunSQL:
    """Make a unique index, partial where `on` says so."""
    return sql(f"CREATE UNIQUE INDEX {name} ON {on}", f"DROP INDEX {name}")


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("models", "0001_initial")]
    initial = False

    operations = together(
        [
            sql("CREATE EXTENSION IF NOT EXISTS pg_trgm", "SELECT 1"),
            # ---- seats: one row, one owner
            sql(
                "ALTER TABLE seat DROP CONSTRAINT seat_pkey",
                'ALTER TABLE seat ADD PRIMARY KEY ("index")',
            ),
            sql(
                'ALTER TABLE seat ADD CONSTRAINT seat_pkey PRIMARY KEY (concert_id, "index")',
                "ALTER TABLE seat DROP CONSTRAINT seat_pkey",
            ),
            one_of("seat", "status", "A R B X"),
            check("seat", "owner", "(booking_id IS NOT NULL) = (status IN ('R', 'B'))"),
            check("seat", "price", "(price_minor IS NOT NULL) = (status IN ('R', 'B'))"),
            check("seat", "price_not_negative", "price_minor >= 0"),
            check("seat", "deadline", "(reserved_until IS NOT NULL) = (status = 'R')"),
            check("seat", "index_not_negative", '"index" >= 0'),
            # Tortoise gives every integer key a sequence; an index comes from the plan.
            sql('ALTER TABLE seat ALTER COLUMN "index" DROP DEFAULT', "SELECT 1"),
            sql("DROP SEQUENCE seat_index_seq", "SELECT 1"),
            # A seat changes four times or so in its life: leave room for that, and vacuum early.
            sql(
                "ALTER TABLE seat SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)",
                "ALTER TABLE seat RESET (fillfactor, autovacuum_vacuum_scale_factor)",
            ),
            references("seat", "concert_id", "concert"),
            index("seat_free", "seat (concert_id, tier_code, \"index\") WHERE status = 'A'"),
            index("seat_reserved", "seat (concert_id, reserved_until) WHERE status = 'R'"),
            index("seat_lapsing", "seat (reserved_until) WHERE status = 'R'"),
            index("seat_owner", "seat (concert_id, booking_id) WHERE booking_id IS NOT NULL"),
            # ---- bookings
            *key("booking", "concert_id, id"),
            one_of("booking", "status", "PENDING CONFIRMED CANCELLED EXPIRED"),
            check("booking", "deadline", "(reserved_until IS NOT NULL) = (status = 'PENDING')"),
            check(
                "booking", "end", "(ended_at IS NOT NULL) = (status IN ('CANCELLED', 'EXPIRED'))"
            ),
            check("booking", "total_not_negative", "total_minor >= 0"),
            check("booking", "seat_count_not_negative", "seat_count >= 0"),
            references("booking", "concert_id", "concert"),
            references("booking", "account_id", "account"),
            unique("booking_reference", "booking (concert_id, reference)"),
            index("booking_by_reference", "booking (reference)"),
            index("booking_by_account", "booking (account_id, created_at DESC, id DESC)"),
            index("booking_of_account", "booking (concert_id, account_id)"),
            index("booking_lapsing", "booking (reserved_until) WHERE status = 'PENDING'"),
            belongs_to_booking("seat"),
            # ---- tickets: the second barrier against two owners
            *key("ticket", "concert_id, id"),
            one_of("ticket", "status", "ISSUED CHECKED_IN CANCELLED"),
            check("ticket", "end", "(cancelled_at IS NOT NULL) = (status = 'CANCELLED')"),
            check("ticket", "price_not_negative", "price_minor >= 0"),
            belongs_to_booking("ticket"),
            unique(
                "ticket_one_a_seat",
                "ticket (concert_id, seat_index) WHERE status IN ('ISSUED', 'CHECKED_IN')",
            ),
            unique("ticket_code", "ticket (concert_id, code)"),
            index("ticket_of_booking", "ticket (concert_id, booking_id)"),
            # ---- payments: one live attempt a booking
            *key("payment", "concert_id, id"),
            one_of(
                "payment",
                "status",
                "CREATED REQUIRES_ACTION AUTHORIZED CAPTURED PARTIALLY_REFUNDED REFUNDED FAILED VOIDED"
                " DISPUTED ORPHANED",
            ),
            check(
                "payment",
                "amount",
                "amount_minor > 0 AND refunded_minor BETWEEN 0 AND amount_minor",
            ),
            belongs_to_booking("payment"),
            unique(
                "payment_one_live",
                "payment (concert_id, booking_id)"
                " WHERE status IN ('CREATED', 'REQUIRES_ACTION', 'AUTHORIZED')",
            ),
            index(
                "payment_open",
                "payment (created_at) WHERE status IN ('CREATED', 'REQUIRES_ACTION', 'AUTHORIZED')",
            ),
            index("payment_of_booking", "payment (concert_id, booking_id, created_at)"),
            # ---- keys
            index("idempotency_key_age", "idempotency_key (created_at)"),
            # ---- accounts
            one_of("account", "role", "GUEST BUYER ORGANIZER ADMIN"),
            check("account", "guest", "(password_hash IS NULL) = (role = 'GUEST')"),
            unique("account_email", "account (email_folded) WHERE password_hash IS NOT NULL"),
            index("account_by_email", "account (email_folded)"),
            # ---- catalogue
            check("venue", "latitude_range", "latitude BETWEEN -90 AND 90"),
            check("venue", "longitude_range", "longitude BETWEEN -180 AND 180"),
            check("venue", "position_whole", "(latitude IS NULL) = (longitude IS NULL)"),
            unique("venue_folded", "venue (name_folded, city_folded, country)"),
            check("seating_plan", "counts", "0 <= seat_count AND seat_count <= total_count"),
            unique("seating_plan_content", "seating_plan (venue_id, content_hash)"),
            one_of("concert", "status", "DRAFT PUBLISHED PAUSED POSTPONED CANCELLED"),
            check("concert", "sale_window", "opens_at < closes_at"),
            check("concert", "sale_window_whole", "(opens_at IS NULL) = (closes_at IS NULL)"),
            check(
                "concert", "limits", "1 <= seats_per_booking AND seats_per_booking <= ticket_limit"
            ),
            check("concert", "price_whole", "(currency IS NULL) = (lowest_price_minor IS NULL)"),
            check("concert", "source_whole", "(source IS NULL) = (source_key IS NULL)"),
            unique("concert_source", "concert (source, source_key) WHERE source IS NOT NULL"),
            index("concert_by_start", "concert (starts_at, id)"),
            index("concert_by_name", "concert (name_folded, id)"),
            index("concert_by_price", "concert (currency, lowest_price_minor, id)"),
            index("concert_by_local_date", "concert (local_date)"),
            index("concert_search", "concert USING gin (search_text gin_trgm_ops)"),
            index("concert_artists", "concert USING gin (artists_folded gin_trgm_ops)"),
            index("venue_name", "venue USING gin (name_folded gin_trgm_ops)"),
            index("venue_city", "venue USING gin (city_folded gin_trgm_ops)"),
            one_of("price_tier", "seat_type", "REGULAR PREMIUM VIP"),
            check("price_tier", "price_not_negative", "price_minor >= 0"),
        ]
    )
