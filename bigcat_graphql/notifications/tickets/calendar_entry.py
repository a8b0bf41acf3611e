"""A booking's evening as a calendar entry, iCalendar (RFC 5545)."""

from datetime import date, timedelta

from babel import Locale
from icalendar import Calendar, Event, vGeo, vText

from bigcat_graphql.clock import utc_now
from bigcat_graphql.notifications.tickets.sheets import Evening, Sheaf
from bigcat_graphql.notifications.tickets.words import words_of, write_country, write_time
from bigcat_graphql.settings import get_settings

# Nobody says when a concert will be over; calendars want an end.
_USUAL_LENGTH = timedelta(hours=3)
_A_YEAR = timedelta(days=366)


def write_entry(sheaf: Sheaf, locale: Locale) -> bytes:
    """Write the entry; the same booking has the same UID, so a second one replaces the first."""
    evening = sheaf.evening
    event = Event()
    event.add("uid", f"{sheaf.booking_id}@bigcat")
    event.add("dtstamp", utc_now())
    event.add("summary", evening.name)
    # The wall clock in the venue's zone: should the zone's rules change, the evening does not.
    event.add("dtstart", evening.starts_at)
    event.add("dtend", evening.starts_at + _USUAL_LENGTH)
    event.add("location", _location(evening, locale))
    event.add("description", _describe(sheaf, locale))
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    if evening.position:
        event.add("geo", vGeo(evening.position))
    public_url = get_settings().public_url
    if public_url:
        event.add("url", public_url)
    return _wrap(event, evening.starts_at.date())


def _wrap(event: Event, day: date) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//bigcat//tickets//EN")
    calendar.add("version", "2.0")
    calendar.add("method", vText("PUBLISH"))
    calendar.add_component(event)
    # The zone's rules around that day: those of a century are ten times as long, and as slow.
    calendar.add_missing_timezones(day - _A_YEAR, day + _A_YEAR)
    return bytes(calendar.to_ical())


def _location(evening: Evening, locale: Locale) -> str:
    country = write_country(evening.country, locale)
    return ", ".join([evening.venue, *evening.address, evening.city, country])


def _describe(sheaf: Sheaf, locale: Locale) -> str:
    said, evening = words_of(locale), sheaf.evening
    lines = [", ".join(evening.artists)]
    if evening.doors_at:
        lines.append(f"{said.doors}: {write_time(evening.doors_at, locale)}")
    lines += [f"{said.seat}: {sheet.seat}" for sheet in sheaf.sheets]
    lines.append(f"{said.reference}: {sheaf.reference}")
    return "\n".join(lines)
