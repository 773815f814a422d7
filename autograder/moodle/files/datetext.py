"""Dates as Moodle writes them in a worksheet: no seconds, the reader's language and time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.errors import UsageError
from autograder.moodle.files.vocabulary import Vocabulary

NO_DATE = "-"
_TIME = re.compile(r"\b(\d{1,2})[:.](\d{2})(?::\d{2})?\b")
_YEAR = re.compile(r"\b(\d{4})\b")
_DAY = re.compile(r"\b(\d{1,2})\b")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::\d{2})?")


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of that IANA name.

    Raises:
        UsageError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"{name!r} is not a time zone; allowed: an IANA name such as Europe/Dublin") from error


def parse_date(text: str, zone: ZoneInfo, words: Vocabulary) -> datetime | None:
    """Return the instant in UTC, to the minute below; None for ``-`` and an empty cell.

    In the hour that a change of clocks repeats, the earlier instant is taken.

    Raises:
        ValueError: it is no date in any known language.
    """
    text = text.strip()
    if text in ("", NO_DATE):
        return None
    found = _iso(text) or _spelt(text, words)
    if found is None:
        raise ValueError(f"{text!r} is not a date in a form that is known")
    return datetime(*found, tzinfo=zone, fold=0).astimezone(UTC)


def _iso(text: str) -> tuple[int, int, int, int, int] | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = map(int, match.groups())
    return year, month, day, hour, minute


def _spelt(text: str, words: Vocabulary) -> tuple[int, int, int, int, int] | None:
    folded = text.casefold().replace("\u00a0", " ").replace("\u202f", " ")
    time = _TIME.search(folded)
    month = _month(folded, words)
    if time is None or month is None:
        return None
    rest = folded[: time.start()] + " " + folded[time.end() :]
    year = _YEAR.search(rest)
    if year is None:
        return None
    day = _DAY.search(rest[: year.start()] + " " + rest[year.end() :])
    if day is None:
        return None
    hour = _hour(int(time[1]), folded[time.end() :].strip(), words)
    return int(year[1]), month, int(day[1]), hour, int(time[2])


def _month(folded: str, words: Vocabulary) -> int | None:
    # the longest first: "Deireadh Fómhair" before a shorter name that it might contain
    for name in sorted(words.months, key=len, reverse=True):
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded):
            return words.months[name]
    return None


def _hour(hour: int, after: str, words: Vocabulary) -> int:
    if any(after.startswith(word) for word in words.pm):
        return hour % 12 + 12
    if any(after.startswith(word) for word in words.am):
        return hour % 12
    return hour


def moodle_date(when: datetime, zone: ZoneInfo) -> str:
    """Return the date as an English Moodle writes it: ``Friday, 14 February 2025, 5:00 PM``."""
    local = when.astimezone(zone)
    days: tuple[str, ...] = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    months: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July")
    months += ("August", "September", "October", "November", "December")
    clock = f"{local.hour % 12 or 12}:{local.minute:02d} {'PM' if local.hour >= 12 else 'AM'}"
    return f"{days[local.weekday()]}, {local.day} {months[local.month - 1]} {local.year}, {clock}"
