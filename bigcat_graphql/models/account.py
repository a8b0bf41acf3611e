"""Who is signed in, and on which devices."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from bigcat_graphql.ids import new_id


class AccountRole(StrEnum):
    """What an account may do; each role includes the ones before it."""

    GUEST = "GUEST"
    BUYER = "BUYER"
    ORGANIZER = "ORGANIZER"
    ADMIN = "ADMIN"

    def includes(self, other: AccountRole) -> bool:
        """Say whether this role may do what the other may."""
        ranks = list(AccountRole)
        return ranks.index(self) >= ranks.index(other)


class Account(Model):
    """A buyer, organizer or admin; a guest is an account without a password.

    `email_folded` is unique among accounts that have a password; `phone` is as E.164 has it,
    `locale` as BCP 47 has it; without one, messages guess by the venue.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    email = fields.CharField(max_length=320)
    email_folded = fields.CharField(max_length=320)
    name = fields.CharField(max_length=200)
    role = fields.CharEnumField(AccountRole, max_length=10)
    password_hash = fields.CharField(max_length=200, null=True)
    email_verified_at: datetime | None = fields.DatetimeField(null=True)
    phone = fields.CharField(max_length=16, null=True)
    locale = fields.CharField(max_length=35, null=True)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "account"


class Session(Model):
    """A signed-in device.

    `generation` counts its refreshes: a refresh token of an older generation was used before, so
    somebody else may hold a copy, and the session ends.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="sessions", on_delete=fields.CASCADE, db_index=True
    )
    generation = fields.IntField(default=0)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    expires_at: datetime = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    account_id: UUID

    class Meta:
        table = "session"
