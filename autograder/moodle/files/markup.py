"""Comments in HTML, and what Moodle shows of them as text."""

from __future__ import annotations

import html
import re

_BREAKS = re.compile(r"</p\s*>|\r\n|\r|\n", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")


def flatten(comment_html: str) -> str:
    """Return the comment as a downloaded worksheet shows it: no tags, breaks as three spaces."""
    return html.unescape(_TAGS.sub("", _BREAKS.sub("   ", comment_html)))


def bare_text(comment_html: str) -> str:
    """Return a comment's letters without tags and spaces: two comments that read the same have the same."""
    return "".join(flatten(comment_html).replace("\u00a0", " ").split())
