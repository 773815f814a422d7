"""Dates with a time zone, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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
