"""Codes by mail that prove an e-mail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from bigcat_graphql.ids import new_id


class EmailCode(Model):
    """What was last asked for one e-mail: a row each, so that one code is good at most.

    `code_hash` is empty until the mail is written, and stays so for an e-mail without an account.
    """

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    email_folded = fields.CharField(max_length=320, unique=True)
    code_hash = fields.CharField(max_length=200, null=True)
    tries_left = fields.IntField()
    requested_at: datetime = fields.DatetimeField()
    valid_until: datetime = fields.DatetimeField()

    class Meta:
        table = "email_code"
