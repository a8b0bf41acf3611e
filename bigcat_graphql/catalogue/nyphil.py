"""Import of the New York Philharmonic's performance history: 20,580 concerts since 1842."""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from bigcat_graphql.catalogue.concert_draft import ConcertDraft, check_concert
from bigcat_graphql.catalogue.creation import create_concerts
from bigcat_graphql.catalogue.nyphil_rows import OddRow, Performance, read_performances
from bigcat_graphql.catalogue.venues import VenueDraft, create_venue
from bigcat_graphql.errors import InvalidInput

SOURCE = "nyphil"
# One transaction each: large enough to be fast, small enough that a rival waits a moment only.
_BATCH = 500
_GZIP_MAGIC = b"\x1f\x8b"

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class ImportReport:
    """What an import did; `reported` has a line for each odd row and what became of it."""

    created: int = 0
    existing: int = 0
    reported: list[str] = field(default_factory=list)


async def import_nyphil(path: Path, *, progress: Progress | None = None) -> ImportReport:
    """Import the archive's JSON, plain or gzipped, as past concerts without seats.

    Importing again creates only what is missing. `progress` is told how many concerts of how many
    are done.

    Raises:
        InvalidInput: the file is not the archive's JSON.
    """
    # Parsing 20 MB takes a while: the event loop goes on meanwhile.
    rows = await asyncio.to_thread(_read_file, path)
    report = ImportReport()
    venues: dict[VenueDraft, UUID] = {}
    remaining = iter(rows)
    done = 0
    while batch := list(islice(remaining, _BATCH)):
        drafts = await _draft_batch(batch, venues, report)
        created = await create_concerts(drafts)
        report.created += len(created)
        report.existing += len(drafts) - len(created)
        done += len(batch)
        if progress:
            progress(done, len(rows))
    return report


def _read_file(path: Path) -> list[Performance | OddRow]:
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
        archive: Any = orjson.loads(content)
        return list(read_performances(archive["programs"]))
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{path} is not the Philharmonic's archive: {error!r}") from error


async def _draft_batch(
    batch: Iterable[Performance | OddRow], venues: dict[VenueDraft, UUID], report: ImportReport
) -> list[ConcertDraft]:
    drafts = []
    for row in batch:
        if isinstance(row, OddRow):
            report.reported.append(f"{row.key}: {row.reason}; left out")
            continue
        try:
            drafts.append(await _draft(row, venues))
        except InvalidInput as error:
            report.reported.append(f"{row.key}: {'.'.join(error.path)} {error.reason}; left out")
        else:
            report.reported += [f"{row.key}: {remark}" for remark in row.remarks]
    return drafts


async def _draft(row: Performance, venues: dict[VenueDraft, UUID]) -> ConcertDraft:
    if row.venue not in venues:
        venues[row.venue] = (await create_venue(row.venue)).id
    draft = ConcertDraft(
        venue_id=venues[row.venue],
        artists=row.artists,
        tour_name=row.tour_name,
        description=row.description,
        starts_at=row.starts_at,
        source=SOURCE,
        source_key=row.key,
    )
    check_concert(draft, None)
    return draft
