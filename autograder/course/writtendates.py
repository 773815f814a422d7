"""Dates that people write into a text: 2027-02-26, 26 February, Feb. 26th, 26/2/2027."""

from __future__ import annotations

import re

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
WRITTEN_DATE = re.compile(
    r"(?<![\w./-])(?:"
    r"\d{4}-\d{1,2}-\d{1,2}"
    rf"|{_DAY}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? \d{{4}}\b)?"
    rf"|{_MONTH} {_DAY}(?:st|nd|rd|th)?(?!\d)(?:,? \d{{4}}\b)?"
    rf"|{_DAY}([./]){_DAY}\1(?:\d{{4}}|\d\d)"
    r")(?![\w/-])"
)


def written_dates(text: str) -> list[str]:
    """Every date in a line of text, as it is written there; a year alone, as in a source, is none."""
    return [found[0].rstrip(".") for found in WRITTEN_DATE.finditer(text)]
