"""Dates with a time zone, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.errors import UsageError

DATE_ALONE = len("2027-02-12")


def zone(name: str) -> str:
    """Return the IANA name unchanged.

    Raises:
        ValueError: no such zone.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; an IANA name such as Europe/Dublin") from None
    return name


def due_moment(text: object) -> datetime:
    """Read '2027-02-12 17:00 Europe/Dublin'.

    Raises:
        ValueError: another form, no zone, or a moment that the zone skips when clocks change.
    """
    if isinstance(text, datetime) and text.tzinfo is not None:
        return text
    form = "'YYYY-MM-DD HH:MM Zone', such as '2027-02-12 17:00 Europe/Dublin'"
    parts = str(text).split()
    if len(parts) != 3:
        raise ValueError(f"{str(text)!r} is not a date with a time zone; {form}")
    try:
        moment = datetime.strptime(f"{parts[0]} {parts[1]}", "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone(parts[2])))
    except ValueError as error:
        raise ValueError(f"{error}; {form}") from None
    there_and_back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    if there_and_back.replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise ValueError(f"{parts[0]} {parts[1]} does not exist in {parts[2]}, where clocks change; {form}")
    return moment


def written_moment(text: str, module_zone: ZoneInfo, *, at: time = time(0, 0)) -> datetime:
    """Read a date that was typed for an option: '2027-02-12', '2027-02-12 17:00', '2027-02-12 17:00 Europe/Dublin'.

    Args:
        text: a date alone, with a time, with an offset (ISO 8601), or as in ``grading.yml``.
        module_zone: of a time without one.
        at: the time of a date alone.

    Raises:
        UsageError: it is no such date.
    """
    text = text.strip()
    try:
        if len(text.split()) == 3:
            return due_moment(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date; write it as '2027-02-12 17:00'") from None
    if len(text) <= DATE_ALONE:
        found = datetime.combine(found, at)
    return found if found.tzinfo else found.replace(tzinfo=module_zone)


def latest_moment(text: str | None, module_zone: ZoneInfo) -> datetime | None:
    """The same, where a date alone is the whole of that day; None stays None."""
    return None if text is None else written_moment(text, module_zone, at=time(23, 59, 59))
