"""Instances of rows, made without the checks that Tortoise keeps for what is still to be saved."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from asyncpg import Record
from tortoise import Model

M = TypeVar("M", bound=Model)


def read_instance(model: type[M], row: Record | Mapping[str, Any]) -> M:
    """Make the instance of a row that has all columns of a model; others are left out."""
    # Tortoise's own way from a row to an instance; its public one, raw(), takes no arguments, and
    # its queries take three times as long.
    return model._init_from_db(**row)  # noqa: SLF001 - see above


def make_written(model: type[M], **values: Any) -> M:  # noqa: ANN401 - each field has its type
    """Make the instance of a row that was just written, of the values that were written.

    They are taken as they are; a field that is left out has its default, or else None, and is
    missing if its default is made anew each time. It takes a fifth of what Tortoise's ways take.
    """
    made = model.__new__(model)
    vars(made).update(_blank_of(model), _await_when_save={}, **values)
    return made


@cache
def _blank_of(model: type[Model]) -> Mapping[str, object]:
    """Say what an instance knows of itself that was read from the database, by attribute."""
    meta = model._meta  # noqa: SLF001 - Tortoise has no public name for it
    fields = {name: meta.fields_map[name] for name in meta.fields_db_projection}
    is_own_key = meta.db_pk_column not in meta.generated_db_fields
    return {
        "_partial": False,
        "_saved_in_db": True,
        "_custom_generated_pk": is_own_key,
        **{name: one.default for name, one in fields.items() if not callable(one.default)},
    }
