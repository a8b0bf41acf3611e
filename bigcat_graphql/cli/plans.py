"""`bigcat import plan`."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import orjson

from bigcat_graphql import catalogue
from bigcat_graphql.catalogue import PlanDraft, PlanFault, PlanFaulty
from bigcat_graphql.catalogue.drafts import check_draft
from bigcat_graphql.catalogue.pretix import read_plan
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import Refused, complain, show


def import_plan(
    file: Path, venue: str, *, name: str | None, fix: bool, dry_run: bool, as_json: bool
) -> None:
    """Publish a plan, or print every fault it has."""
    try:
        draft = read_plan(_read_json(file), fix=fix)
        if name is not None:
            draft = replace(draft, name=name)
        version = run_on_database(lambda: _publish(draft, venue, dry_run=dry_run))
    except PlanFaulty as refusal:
        raise _explain(file, refusal.faults, fix=fix, as_json=as_json) from None
    done = f"is good for {venue}" if version is None else f"is version {version} of {venue}"
    text = f"{draft.name}: {draft.seat_count:,} seats, {draft.total_count:,} places; it {done}."
    facts = {"name": draft.name, "seats": draft.seat_count, "places": draft.total_count}
    show({**facts, "venue": venue, "version": version}, text, as_json=as_json)


def _read_json(file: Path) -> object:
    try:
        return orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise Refused(f"{file} is not JSON: {error}") from None


async def _publish(draft: PlanDraft, slug: str, *, dry_run: bool) -> int | None:
    venue = await catalogue.venue_by_slug(slug)
    if venue is None:
        raise Refused(f"There is no venue {slug!r}.")
    if dry_run:
        check_draft(draft)
        return None
    return (await catalogue.publish_plan(venue.id, draft)).version


def _explain(file: Path, faults: Sequence[PlanFault], *, fix: bool, as_json: bool) -> Refused:
    lines = [f"{fault.at or 'plan'}: {fault.message}{_hint(fault, fix=fix)}" for fault in faults]
    if as_json:
        show({"faults": [asdict(fault) for fault in faults]}, "", as_json=True)
    else:
        complain("\n".join(lines))
    advice = ""
    if not fix and any(fault.fixable for fault in faults):
        advice = " Those that say so are repaired by --fix."
    return Refused(f"{file} has {len(faults)} faults, nothing was saved.{advice}")


def _hint(fault: PlanFault, *, fix: bool) -> str:
    return " (--fix repairs it)" if fault.fixable and not fix else ""
