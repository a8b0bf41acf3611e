"""One concert of the New York Philharmonic's archive, read from its own spellings."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bigcat_graphql.catalogue.places import Locality, locate
from bigcat_graphql.catalogue.venues import VenueDraft
from bigcat_graphql.text import fold

Row = Mapping[str, Any]

# What the archive says where it knows nothing.
_UNKNOWN = frozenset({"", "None", "Unknown Venue", "Unknown Soloist"})
_ORCHESTRA = "New York Philharmonic"
_ASSUMED_TIME = time(20)
_ASSUMED_PLACE = Locality("Unknown", "US", "America/New_York")
_SUFFIXES = frozenset({"Jr.", "Sr.", "II", "III", "IV"})

_BRACKETED = re.compile(r"(\S+) \[([^\]]+)\]")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|])")


@dataclass(frozen=True, slots=True)
class Performance:
    """A concert that can be imported; `remarks` say what had to be assumed."""

    key: str
    venue: VenueDraft
    artists: tuple[str, ...]
    tour_name: str
    description: str | None
    starts_at: datetime
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OddRow:
    """A concert that cannot be imported, and why."""

    key: str
    reason: str


def read_performances(programs: Iterable[Any]) -> Iterator[Performance | OddRow]:
    """Read every concert of every programme; what cannot be read is an `OddRow`."""
    for number, program in enumerate(programs):
        key = str(program.get("id", f"#{number}")) if isinstance(program, dict) else f"#{number}"
        try:
            reader = _ProgramReader(key, program)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield OddRow(key, _reason(error))
            continue
        yield from reader.read_concerts()


class _ProgramReader:
    """A set of works and performers, that had one or more concerts."""

    def __init__(self, key: str, program: Row) -> None:
        self._key = key
        self._season = str(program["season"])
        self._concerts: Sequence[Row] = program["concerts"]
        works: Sequence[Row] = program["works"]
        self._artists, self._remarks = _read_artists(program["orchestra"], works)
        self._description = _describe(works) or None

    def read_concerts(self) -> Iterator[Performance | OddRow]:
        for ordinal, concert in enumerate(self._concerts, start=1):
            key = f"{self._key}:{ordinal}"
            try:
                yield self._read_concert(key, concert)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                yield OddRow(key, _reason(error))

    def _read_concert(self, key: str, concert: Row) -> Performance:
        remarks = list(self._remarks)
        place = locate(concert["Location"])
        if place is None:
            remarks.append(f"place {concert['Location']!r} is unknown, New York's zone is assumed")
            place = _place_unknown(concert["Location"])
        local_time = _read_time(concert["Time"])
        if local_time is None:
            remarks.append(f"time {concert['Time']!r} is unknown, {_ASSUMED_TIME:%H:%M} is assumed")
        venue_name = " ".join(concert["Venue"].split())
        if venue_name in _UNKNOWN:
            remarks.append(f"venue {concert['Venue']!r} is unknown")
            venue_name = "Unknown venue"
        # The archive's instants are midnights of some zone: only their date means anything.
        day = date.fromisoformat(concert["Date"][:10])
        zone = ZoneInfo(place.time_zone)
        return Performance(
            key=key,
            venue=VenueDraft(venue_name, place.city, place.country, place.time_zone),
            artists=self._artists,
            tour_name=f"{_read_event(concert['eventType'])}, {self._season}",
            description=self._description,
            starts_at=datetime.combine(day, local_time or _ASSUMED_TIME, zone),
            remarks=tuple(remarks),
        )


def _reason(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else f"cannot be read: {error}"


def _place_unknown(text: str) -> Locality:
    city = _ASSUMED_PLACE.city if text in _UNKNOWN else text
    return Locality(city, _ASSUMED_PLACE.country, _ASSUMED_PLACE.time_zone)


def _read_time(text: str) -> time | None:
    if text in _UNKNOWN:
        return None
    # `8:30PM`; strptime would read it too, in the process's locale.
    clock, half = text[:-2], text[-2:].upper()
    hours, _, minutes = clock.partition(":")
    if half not in {"AM", "PM"} or not 1 <= int(hours) <= 12:
        raise ValueError(f"time {text!r}")
    return time(int(hours) % 12 + (12 if half == "PM" else 0), int(minutes))


def _read_event(text: str) -> str:
    return "Concert" if text in _UNKNOWN else " ".join(text.split())


def _read_artists(orchestra: str, works: Sequence[Row]) -> tuple[tuple[str, ...], list[str]]:
    remarks = []
    if orchestra in _UNKNOWN:
        remarks.append(f"orchestra {orchestra!r} is unknown")
        orchestra = _ORCHESTRA
    conductors = [
        read_name(name)
        for work in works
        for name in (work.get("conductorName") or "").split(";")
        if name.strip()
    ]
    soloists = [
        read_name(soloist["soloistName"])
        for work in works
        for soloist in work.get("soloists") or ()
        if soloist["soloistName"].strip() not in _UNKNOWN
    ]
    return tuple(dict.fromkeys([orchestra, *conductors, *soloists])), remarks


def read_name(text: str) -> str:
    """Write `Last,  First` as people say it; the better spelling in brackets is the one kept."""
    parts = [" ".join(part.split()) for part in text.split(",")]
    parts = [part for part in parts if part]
    if len(parts) == 2:
        name = f"{parts[1]} {parts[0]}"
    elif len(parts) == 3 and parts[2] in _SUFFIXES:
        name = f"{parts[1]} {parts[0]}, {parts[2]}"
    else:
        name = ", ".join(parts)
    return _tidy(name)


def _choose_spelling(match: re.Match[str]) -> str:
    # `Furtwangler [Furtwängler]` is one name twice; `Carrer [Karrer]` are two that people look for.
    plain, bracketed = match.groups()
    return bracketed if fold(plain) == fold(bracketed) else match.group()


def _describe(works: Sequence[Row]) -> str:
    """List the programme in Markdown, and who played what."""
    lines = [_describe_work(work) for work in works]
    soloists = dict.fromkeys(
        _escape(f"{read_name(soloist['soloistName'])}, {soloist['soloistInstrument'].lower()}")
        for work in works
        for soloist in work.get("soloists") or ()
        if soloist["soloistName"].strip() not in _UNKNOWN
    )
    parts = ["\n".join(f"- {line}" for line in lines)]
    if soloists:
        parts.append("Soloists:\n\n" + "\n".join(f"- {soloist}" for soloist in soloists))
    return "\n\n".join(part for part in parts if part)


def _describe_work(work: Row) -> str:
    if "interval" in work:
        return f"*{_escape(work['interval'].replace('-', ', ').lower())}*"
    composer = _escape(read_name(work.get("composerName") or ""))
    titles = [_write_title(work[part]) for part in ("workTitle", "movement") if work.get(part)]
    return f"**{composer}**: {', '.join(titles)}" if composer else ", ".join(titles)


def _write_title(title: str | Mapping[str, Any]) -> str:
    if isinstance(title, str):
        return _escape(_tidy(title))
    # A title in two parts has two blanks where its italic part belongs, or has it at the end;
    # several italic parts are a list.
    italics = title.get("em", "")
    italic = italics if isinstance(italics, str) else ", ".join(map(str, italics))
    before, _, after = title.get("_", "").partition("  ")
    words = [_escape(_tidy(before)), f"*{_escape(_tidy(italic))}*", _escape(_tidy(after))]
    return " ".join(word for word in words if word.strip("*"))


def _tidy(text: str) -> str:
    return _BRACKETED.sub(_choose_spelling, " ".join(text.split()))


def _escape(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)
