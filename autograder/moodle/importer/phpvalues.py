"""How PHP reads numbers and dates from cells: by their beginnings, and without complaint."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_NUMBER = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November")
_MONTH_NUMBERS = {name: number for number, name in enumerate((*_MONTHS, "December"), start=1)}
_ENGLISH = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, )?(?P<day>\d{1,2}) (?P<month>[A-Z][a-z]+) (?P<year>\d{4}), "
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?: (?P<half>AM|PM))?"
)
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::\d{2})?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_AMERICAN = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}) (?P<hour>\d{2}):(?P<minute>\d{2})")
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}) (?P<hour>\d{2}):(?P<minute>\d{2})")


def php_number(text: str, decimal_sign: str = ".") -> Decimal | None:
    """Return what Moodle makes of a grade's cell: None for an empty one, and 0 where no number begins it."""
    text = text.strip(" \t\n\r\0\x0b").replace(" ", "")
    if not text:
        return None
    match = _NUMBER.match(text.replace(decimal_sign, "."))
    return Decimal(match[1]) if match else Decimal(0)


def php_equal(one: str, other: str) -> bool:
    """Return whether PHP's ``==`` holds for two texts: two that are numbers are compared as numbers."""
    numbers = [_NUMBER.fullmatch(text.rstrip(" \t\n\r\v\f")) for text in (one, other)]
    if numbers[0] and numbers[1]:
        return float(numbers[0][1]) == float(numbers[1][1])
    return one == other


def php_time(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant that PHP's strtotime reads in a date's cell; None where it reads none.

    Known are Moodle's English form, ISO 8601 with or without a zone, month/day/year and day.month.year.
    Days that a month has not run into the next.
    """
    text = text.strip()
    for form in (_ISO, _ENGLISH, _AMERICAN, _DOTTED):
        match = form.fullmatch(text)
        if match is not None:
            return _instant(match.groupdict(), zone)
    return None


def _instant(parts: dict[str, str | None], zone: ZoneInfo) -> datetime | None:
    month_text = parts["month"] or ""
    month = _MONTH_NUMBERS.get(month_text) or (int(month_text) if month_text.isdigit() else 0)
    day, hour, minute = int(parts["day"] or 0), int(parts["hour"] or 0), int(parts["minute"] or 0)
    if parts.get("half"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts["half"] == "PM" else 0)
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59):
        return None
    local = datetime(int(parts["year"] or 0), month, 1, hour, minute, tzinfo=zone) + timedelta(days=day - 1)
    named = parts.get("zone")
    if named:
        offset = datetime.fromisoformat(f"2000-01-01T00:00{named}").tzinfo
        return local.replace(tzinfo=offset).astimezone(UTC)
    return local.astimezone(UTC)
