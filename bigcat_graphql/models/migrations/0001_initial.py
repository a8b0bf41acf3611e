"""The tables, as the first build has them; keys and constraints follow in 0002."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from bigcat_graphql.ids import new_id
from bigcat_graphql.models.account import AccountRole
from bigcat_graphql.models.booking import BookingStatus, TicketStatus
from bigcat_graphql.models.concert import ConcertStatus
from bigcat_graphql.models.payment import PaymentStatus
from bigcat_graphql.models.seat import SeatStatus
from bigcat_graphql.models.venue import SeatType


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("email", fields.CharField(max_length=320)),
                ("email_folded", fields.CharField(max_length=320)),
                ("name", fields.CharField(max_length=200)),
                (
                    "role",
                    fields.CharEnumField(
                        description="GUEST: GUEST\nBUYER: BUYER\nORGANIZER: ORGANIZER\nADMIN: ADMIN",
                        enum_type=AccountRole,
                        max_length=10,
                    ),
                ),
                ("password_hash", fields.CharField(null=True, max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "account",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A buyer, organizer or admin; a guest is an account without a password.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Booking",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("concert_id", fields.UUIDField()),
                ("account_id", fields.UUIDField()),
                ("reference", fields.CharField(max_length=16)),
                (
                    "status",
                    fields.CharEnumField(
                        description="PENDING: PENDING\nCONFIRMED: CONFIRMED\nCANCELLED: CANCELLED\nEXPIRED: EXPIRED",
                        enum_type=BookingStatus,
                        max_length=9,
                    ),
                ),
                ("version", fields.IntField(default=1)),
                ("total_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("seat_count", fields.IntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "reserved_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "booking",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A buyer's seats of one concert; never deleted.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("account_id", fields.UUIDField()),
                ("mutation", fields.CharField(max_length=40)),
                ("key", fields.CharField(max_length=64)),
                ("request_hash", fields.CharField(max_length=64)),
                ("outcome", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "idempotency_key",
                "app": "models",
                "unique_together": (("account_id", "mutation", "key"),),
                "pk_attr": "id",
                "table_description": "The outcome of a mutation under its key; unique by account, mutation and key.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("concert_id", fields.UUIDField()),
                ("booking_id", fields.UUIDField()),
                (
                    "status",
                    fields.CharEnumField(
                        description="CREATED: CREATED\nREQUIRES_ACTION: REQUIRES_ACTION\nAUTHORIZED: AUTHORIZED\nCAPTURED: CAPTURED\nPARTIALLY_REFUNDED: PARTIALLY_REFUNDED\nREFUNDED: REFUNDED\nFAILED: FAILED\nVOIDED: VOIDED\nDISPUTED: DISPUTED\nORPHANED: ORPHANED",
                        enum_type=PaymentStatus,
                        max_length=18,
                    ),
                ),
                ("amount_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField(default=0)),
                ("currency", fields.CharField(max_length=3)),
                ("provider", fields.CharField(max_length=20)),
                ("payment_method", fields.CharField(null=True, max_length=200)),
                ("provider_reference", fields.CharField(null=True, max_length=200)),
                ("client_secret", fields.CharField(null=True, max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "payment",
                "app": "models",
                "pk_attr": "id",
                "table_description": "An attempt to pay.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Seat",
            fields=[
                ("concert_id", fields.UUIDField()),
                ("index", fields.IntField(primary_key=True, unique=True, db_index=True)),
                ("tier_code", fields.CharField(max_length=1)),
                (
                    "status",
                    fields.CharEnumField(
                        default=SeatStatus.AVAILABLE,
                        description="AVAILABLE: A\nRESERVED: R\nBOOKED: B\nBLOCKED: X",
                        enum_type=SeatStatus,
                        max_length=1,
                    ),
                ),
                ("booking_id", fields.UUIDField(null=True)),
                ("price_minor", fields.BigIntField(null=True)),
                (
                    "reserved_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("version", fields.IntField(default=0)),
            ],
            options={
                "table": "seat",
                "app": "models",
                "pk_attr": "index",
                "table_description": "A seat or general-admission place, with its only owner.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("generation", fields.IntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "session",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A signed-in device.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("concert_id", fields.UUIDField()),
                ("booking_id", fields.UUIDField()),
                ("seat_index", fields.IntField()),
                (
                    "status",
                    fields.CharEnumField(
                        description="ISSUED: ISSUED\nCHECKED_IN: CHECKED_IN\nCANCELLED: CANCELLED",
                        enum_type=TicketStatus,
                        max_length=10,
                    ),
                ),
                ("code", fields.CharField(max_length=64)),
                ("price_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("issued_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "cancelled_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "ticket",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One admission of a confirmed booking.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Venue",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("slug", fields.CharField(unique=True, max_length=100)),
                ("name", fields.CharField(max_length=200)),
                ("name_folded", fields.CharField(max_length=300)),
                ("address", ArrayField(default=list, element_type="TEXT")),
                ("city", fields.CharField(max_length=200)),
                ("city_folded", fields.CharField(max_length=300)),
                ("country", fields.CharField(max_length=2)),
                ("time_zone", fields.CharField(max_length=64)),
                ("latitude", fields.FloatField(null=True)),
                ("longitude", fields.FloatField(null=True)),
            ],
            options={
                "table": "venue",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A place with its city, country and IANA time zone; `…_folded` serve the search.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SeatingPlan",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "venue",
                    fields.ForeignKeyField(
                        "models.Venue",
                        source_field="venue_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="plans",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField()),
                ("name", fields.CharField(max_length=200)),
                ("seat_count", fields.IntField()),
                ("total_count", fields.IntField()),
                ("content_hash", fields.CharField(db_index=True, max_length=64)),
                ("document", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "seating_plan",
                "app": "models",
                "unique_together": (("venue", "version"),),
                "pk_attr": "id",
                "table_description": "A published version of a venue's plan; a row never changes.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Concert",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("slug", fields.CharField(unique=True, max_length=120)),
                (
                    "venue",
                    fields.ForeignKeyField(
                        "models.Venue",
                        source_field="venue_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="concerts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "plan",
                    fields.ForeignKeyField(
                        "models.SeatingPlan",
                        source_field="plan_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="concerts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=300)),
                ("artists", ArrayField(default=list, element_type="TEXT")),
                ("tour_name", fields.CharField(null=True, max_length=300)),
                ("description", fields.TextField(null=True, unique=False)),
                ("starts_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("doors_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "status",
                    fields.CharEnumField(
                        default=ConcertStatus.DRAFT,
                        description="DRAFT: DRAFT\nPUBLISHED: PUBLISHED\nON_SALE: ON_SALE\nPAUSED: PAUSED\nCLOSED: CLOSED\nCOMPLETED: COMPLETED\nPOSTPONED: POSTPONED\nCANCELLED: CANCELLED",
                        enum_type=ConcertStatus,
                        max_length=10,
                    ),
                ),
                ("opens_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closes_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ticket_limit", fields.IntField(default=8)),
                ("seats_per_booking", fields.IntField(default=8)),
                ("currency", fields.CharField(null=True, max_length=3)),
                ("lowest_price_minor", fields.BigIntField(null=True)),
                ("local_date", fields.DateField()),
                ("local_time", fields.TimeField(auto_now=False, auto_now_add=False)),
                ("name_folded", fields.CharField(max_length=500)),
                ("artists_folded", fields.TextField(unique=False)),
                ("search_text", fields.TextField(unique=False)),
                ("source", fields.CharField(null=True, max_length=40)),
                ("source_key", fields.CharField(null=True, max_length=120)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "concert",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One evening.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ConcertOrganizer",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "concert",
                    fields.ForeignKeyField(
                        "models.Concert",
                        source_field="concert_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="organizers",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="organizes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "concert_organizer",
                "app": "models",
                "unique_together": (("concert", "account"),),
                "pk_attr": "id",
                "table_description": "An account that organizes a concert.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PriceTier",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                (
                    "concert",
                    fields.ForeignKeyField(
                        "models.Concert",
                        source_field="concert_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="price_tiers",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("code", fields.CharField(max_length=1)),
                ("name", fields.CharField(max_length=200)),
                (
                    "seat_type",
                    fields.CharEnumField(
                        description="REGULAR: REGULAR\nPREMIUM: PREMIUM\nVIP: VIP",
                        enum_type=SeatType,
                        max_length=7,
                    ),
                ),
                ("price_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
            ],
            options={
                "table": "price_tier",
                "app": "models",
                "unique_together": (("concert", "code"),),
                "pk_attr": "id",
                "table_description": "What the seats of one plan tier cost at one concert.",
            },
            bases=["Model"],
        ),
    ]
