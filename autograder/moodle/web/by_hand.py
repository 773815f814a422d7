"""Whether a person changed a mark in Moodle since the kit saw it: one rule for grade, comment, criteria and files."""

from __future__ import annotations

from autograder.hostiletext import short_line
from autograder.moodle.files.markup import bare_text, flatten
from autograder.moodle.web.marks import KnownMark
from autograder.moodle.web.recipient import Recipient, hashes_of, plain
from autograder.moodle.web.state import Found, rounded


def change_by_hand(one: Recipient, found: Found) -> str:
    """Return why the mark in Moodle is nobody's that this kit knows of, '' if it may be replaced."""
    now = found.state
    if any(rounded(state.grade) == rounded(now.grade) for state in one.acceptable):
        return _changed_by_hand(one, found)
    if one.acceptable:
        return f"the grade is {plain(now.grade)}, sent was {plain(one.acceptable[-1].grade)}"
    known = one.options.known.get(one.person.key, KnownMark(None))
    if rounded(now.grade) != rounded(known.grade):
        return f"the grade is {plain(now.grade)}, at the download it was {plain(known.grade)}"
    if bare_text(now.comment) and found.version != known.version:
        return f"the comment was changed after the download: {short_line(flatten(now.comment).strip(), 60)!r}"
    if now.criteria and found.version != known.version and one.store.form:
        return f"the criteria were changed after the download: {one.store.form.described(now.criteria)}"
    if known.version and found.version != known.version:
        return "the mark was saved again after the download: its comment may have been deleted"
    return ""


def _changed_by_hand(one: Recipient, found: Found) -> str:
    """Return what differs, besides the grade, from all that the kit left or may have left."""
    now = found.state
    if bare_text(now.comment) not in [bare_text(state.comment) for state in one.acceptable]:
        return f"the comment is {short_line(flatten(now.comment).strip(), 60)!r}, not the one that was sent"
    if one.store.form and dict(now.criteria) not in [dict(state.criteria) for state in one.acceptable]:
        return f"the criteria are {one.store.form.described(now.criteria)}, not those that were sent"
    sending = hashes_of(one.files)  # a file that somebody has put there already is no change
    missing = [
        {path for path in state.files.keys() & sending if now.files.get(path) not in (state.files[path], sending[path])}
        for state in one.acceptable
    ]
    if found.is_shown and all(missing):
        names = ", ".join(short_line(path.lstrip("/"), 40) for path in sorted(missing[-1]))
        return f"somebody deleted or replaced the file {names}"
    return ""
