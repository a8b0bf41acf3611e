"""A plan before it is published: the same shape without indexes, and what can be wrong with it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bigcat_graphql.catalogue.plan import Mark, PlanTier
from bigcat_graphql.errors import DomainError

# Every place is a row in the database and a letter in memory, so all of them are bounded.
MOST_PLACES = 200_000
MOST_AREA_PLACES = 100_000
MOST_ROW_SEATS = 1_000
MOST_UNITS = 100_000
_LONGEST_NAME = 200
_LONGEST_LABEL = 40

_POINTS = re.compile(r"\d{1,6},\d{1,6}(?: \d{1,6},\d{1,6})*")
_COLOR = re.compile(r"#[0-9a-f]{6}")
# PostgreSQL's text has no NUL, UTF-8 no surrogates, and nobody sees the other control characters.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RowDraft:
    """A row; one tier code stands for the whole row, without `points` we place it ourselves."""

    label: str
    seat_count: int
    tier_codes: str
    seat_labels: str | None = None
    points: str | None = None


@dataclass(frozen=True, slots=True)
class SectionDraft:
    """A block of rows, front to back."""

    key: str
    name: str
    rows: Sequence[RowDraft]
    outline: str | None = None

    @property
    def seat_count(self) -> int:
        """How many seats."""
        return sum(row.seat_count for row in self.rows)


@dataclass(frozen=True, slots=True)
class AreaDraft:
    """Places without row and number."""

    key: str
    name: str
    place_count: int
    tier_code: str
    outline: str | None = None


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan to publish; marks count seats in the order of sections, rows and seats from 0."""

    name: str
    width: int
    height: int
    tiers: Sequence[PlanTier]
    sections: Sequence[SectionDraft] = ()
    areas: Sequence[AreaDraft] = ()
    marks: Sequence[Mark] = ()

    @property
    def seat_count(self) -> int:
        """How many numbered seats."""
        return sum(section.seat_count for section in self.sections)

    @property
    def total_count(self) -> int:
        """Seats and places together."""
        return self.seat_count + sum(area.place_count for area in self.areas)


@dataclass(frozen=True, slots=True)
class PlanFault:
    """What is wrong at one place, for example at `zones[3].rows[2].seats[7]`."""

    at: str
    message: str
    fixable: bool = False


@dataclass(eq=False)
class PlanFaulty(DomainError):
    """The seating plan has faults."""

    faults: list[PlanFault]

    @property
    def message(self) -> str:
        """List them all."""
        return "\n".join(f"{fault.at}: {fault.message}" for fault in self.faults)


def check_draft(draft: PlanDraft) -> None:
    """Refuse a draft that makes no plan.

    Raises:
        PlanFaulty: with every fault there is.
    """
    faults = [PlanFault(at, message) for at, message in _faults_of(draft)]
    if faults:
        raise PlanFaulty(faults)


def _faults_of(draft: PlanDraft) -> Iterator[tuple[str, str]]:
    yield from _text_faults("name", draft.name)
    for name, units in (("width", draft.width), ("height", draft.height)):
        if not 1 <= units <= MOST_UNITS:
            yield name, f"must be 1 to {MOST_UNITS:,}"
    if not 1 <= draft.total_count <= MOST_PLACES:
        yield "", f"must have 1 to {MOST_PLACES:,} seats and places, not {draft.total_count:,}"

    codes = {tier.code for tier in draft.tiers}
    yield from _tier_faults(draft.tiers)
    yield from _key_faults(draft)
    for number, section in enumerate(draft.sections):
        yield from _text_faults(f"sections[{number}].name", section.name)
        for place, row in enumerate(section.rows):
            yield from _row_faults(f"sections[{number}].rows[{place}]", row, codes)
    for number, area in enumerate(draft.areas):
        yield from _area_faults(f"areas[{number}]", area, codes)
    yield from _mark_faults(draft)


def _text_faults(at: str, text: str, *, longest: int = _LONGEST_NAME) -> Iterator[tuple[str, str]]:
    if not 1 <= len(text) <= longest:
        yield at, f"must have 1 to {longest} characters"
    if _UNPRINTABLE.search(text):
        yield at, "has characters that cannot be printed"


def _tier_faults(tiers: Sequence[PlanTier]) -> Iterator[tuple[str, str]]:
    for number, tier in enumerate(tiers):
        yield from _text_faults(f"tiers[{number}].code", tier.code, longest=1)
        yield from _text_faults(f"tiers[{number}].name", tier.name)
        if not _COLOR.fullmatch(tier.color):
            yield f"tiers[{number}].color", "must be like #1d4ed8"
    for number in _repeats(tier.code for tier in tiers):
        yield f"tiers[{number}].code", f"{tiers[number].code!r} is another tier's"


def _key_faults(draft: PlanDraft) -> Iterator[tuple[str, str]]:
    places = [(f"sections[{n}].key", section.key) for n, section in enumerate(draft.sections)]
    places += [(f"areas[{n}].key", area.key) for n, area in enumerate(draft.areas)]
    for at, key in places:
        yield from _text_faults(at, key, longest=100)
    for number in _repeats(key for _, key in places):
        yield places[number][0], f"{places[number][1]!r} is another section's or area's"


def _row_faults(at: str, row: RowDraft, codes: set[str]) -> Iterator[tuple[str, str]]:
    if len(row.label) > _LONGEST_LABEL or _UNPRINTABLE.search(row.label):
        yield f"{at}.label", f"must have at most {_LONGEST_LABEL} characters that can be printed"
    if not 1 <= row.seat_count <= MOST_ROW_SEATS:
        yield f"{at}.seatCount", f"must be 1 to {MOST_ROW_SEATS:,}"
    if len(row.tier_codes) not in {1, row.seat_count}:
        yield f"{at}.tierCodes", f"must be one code, or {row.seat_count}"
    for code in sorted(set(row.tier_codes) - codes):
        yield f"{at}.tierCodes", f"{code!r} is no tier of the plan"
    yield from _label_faults(f"{at}.seatLabels", row)
    yield from _point_faults(f"{at}.points", row)


def _label_faults(at: str, row: RowDraft) -> Iterator[tuple[str, str]]:
    if row.seat_labels is None:
        return
    labels = row.seat_labels.split("\n")
    if len(labels) != row.seat_count:
        yield at, f"must be {row.seat_count} labels"
    if any(len(label) > _LONGEST_LABEL or _UNPRINTABLE.search(label) for label in labels):
        yield at, f"must have at most {_LONGEST_LABEL} characters each that can be printed"


def _point_faults(at: str, row: RowDraft) -> Iterator[tuple[str, str]]:
    if row.points is None:
        return
    if not _POINTS.fullmatch(row.points):
        yield at, "must be whole numbers from 0 up, like `10,20 30,20`"
    elif row.points.count(" ") + 1 != row.seat_count:
        yield at, f"must be {row.seat_count} points"


def _area_faults(at: str, area: AreaDraft, codes: set[str]) -> Iterator[tuple[str, str]]:
    yield from _text_faults(f"{at}.name", area.name)
    if not 1 <= area.place_count <= MOST_AREA_PLACES:
        yield f"{at}.placeCount", f"must be 1 to {MOST_AREA_PLACES:,}"
    if area.tier_code not in codes:
        yield f"{at}.tierCode", f"{area.tier_code!r} is no tier of the plan"


def _mark_faults(draft: PlanDraft) -> Iterator[tuple[str, str]]:
    for number, mark in enumerate(draft.marks):
        if list(mark.indexes) != sorted(set(mark.indexes)):
            yield f"marks[{number}].indexes", "must ascend, each once"
        if any(not 0 <= index < draft.seat_count for index in mark.indexes):
            yield f"marks[{number}].indexes", "must be indexes of numbered seats"
    for number in _repeats(mark.feature for mark in draft.marks):
        yield f"marks[{number}].feature", "occurs twice"


def _repeats(values: Iterable[str]) -> Iterator[int]:
    seen: set[str] = set()
    for number, value in enumerate(values):
        if value in seen:
            yield number
        seen.add(value)
