"""Calendar entries, read back by their own library and by eye."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from icalendar import Calendar

from bigcat_graphql.notifications.tickets.calendar_entry import write_entry
from bigcat_graphql.notifications.tickets.sheets import Sheaf
from bigcat_graphql.settings import override_settings
from tests.notifications.tickets.conftest import Bought

_ENGLISH = Locale("en")


def _event(raw: bytes) -> Any:
    return next(iter(Calendar.from_ical(raw).walk("VEVENT")))


def _starting(sheaf: Sheaf, *when: int, zone: str) -> Sheaf:
    start = datetime(*when, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]  # year to minute
    return replace(sheaf, evening=replace(sheaf.evening, starts_at=start))


async def test_an_entry_says_what_when_and_where(bought: Bought) -> None:
    sheaf = _starting(await bought.sheaf(), 2026, 11, 22, 19, 30, zone="America/Chicago")

    with override_settings(public_url="https://tickets.example"):
        raw = write_entry(sheaf, _ENGLISH)

    event = _event(raw)
    assert event["SUMMARY"] == "Symphony No. 7"
    assert event["URL"] == "https://tickets.example"
    assert event.decoded("DTSTART") == sheaf.evening.starts_at
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(hours=3)
    assert sheaf.evening.venue in event["LOCATION"]
    assert "Stalls, row A, seat 1" in event["DESCRIPTION"]
    assert sheaf.reference in event["DESCRIPTION"]
    assert b"DTSTART;TZID=America/Chicago:20261122T193000" in raw


async def test_it_brings_the_rules_of_its_zone(bought: Bought) -> None:
    sheaf = _starting(await bought.sheaf(), 2026, 10, 25, 1, 0, zone="Europe/Berlin")

    calendar = Calendar.from_ical(write_entry(sheaf, _ENGLISH))

    zones = calendar.walk("VTIMEZONE")
    assert [zone["TZID"] for zone in zones] == ["Europe/Berlin"]
    assert zones[0].walk("DAYLIGHT")
    # Clocks go back at three: three hours after one o'clock on the wall it is four there.
    assert _event(calendar.to_ical()).decoded("DTEND").hour == 4


async def test_the_same_booking_has_the_same_uid(bought: Bought) -> None:
    sheaf = await bought.sheaf()
    one = sheaf.only(bought.tickets[0].id)

    uids = {_event(write_entry(each, _ENGLISH))["UID"] for each in (sheaf, one)}

    assert len(uids) == 1


async def test_a_hostile_name_stays_inside_its_line(bought: Bought) -> None:
    sheaf = await bought.sheaf()
    name = "Evil\r\nATTENDEE:mailto:x@example.org\r\nEND:VEVENT;,\\ Ω 音楽 " + "long " * 40
    raw = write_entry(replace(sheaf, evening=replace(sheaf.evening, name=name)), _ENGLISH)

    event = _event(raw)
    assert "ATTENDEE" not in event
    assert event["SUMMARY"].replace("\r\n", "\n") == name.replace("\r\n", "\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
