"""Read the mark off a page that was written earlier."""

from __future__ import annotations

import re
from html import unescape

from autograder.model import Grade
from autograder.report.render import number

HELD = "No mark yet"
_MARK = re.compile(r'<div class="mark">\s*<b[^>]*>([^<]*)</b>')


def mark_on(page: str) -> str | None:
    """The mark that a student's page shows, as text; None where it shows none."""
    found = _MARK.search(page)
    return unescape(found[1]).strip() if found else None


def mark_as_shown(grade: Grade) -> str:
    """The same text of the mark itself."""
    return HELD if grade.held else number(grade.points)
