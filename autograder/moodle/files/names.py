"""What the names in Moodle's download mean; see ``docs/moodle.md`` for the forms."""

from __future__ import annotations

import re
from dataclasses import dataclass

# a name cannot hold an underscore of its own (Moodle makes it a space), but "*" and "?" become one
_FOLDER = re.compile(r"(?P<name>.*)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z0-9]+)_?", re.DOTALL)
_NO_TEAM = re.compile(r"(?P<name>[^_]*)_assignsubmission_(?P<kind>[a-z0-9]+)_?", re.DOTALL)
_FLAT = re.compile(r"(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>file|onlinetext)_(?=.)", re.DOTALL)
_DELETED = re.compile(r"""[\x00-\x1f\x7f&<>"`|':\\/]""")


_AMPERSAND = re.compile(r"&(?![a-zA-Z0-9#]{1,8};)")  # an entity stays as it is
_TAG = re.compile(r"<(?=[a-zA-Z/!?])[^>]*>?")


@dataclass(frozen=True)
class EntryName:
    """One entry of the download.

    Attributes:
        name: the person's or the team's, as Moodle cleaned it; hostile.
        number: participant id or, where teams submit, group id; '' for those in no team.
        kind: "file", "onlinetext" or another plug-in's.
        path: the student's own path; hostile.
    """

    name: str
    number: str
    kind: str
    path: str


def parse_entry(entry: str) -> tuple[EntryName, ...]:
    """Return what an entry's name can mean: nothing, one reading, or several where it is flat and imitates itself.

    In folders (older ones end in ``_``) the last match is Moodle's own. Flat, a file's name may hold the
    pattern again, and so may a person's name with ``*`` in it: the caller must ask the worksheet.
    """
    folder, slash, path = entry.partition("/")
    if slash:
        match = _FOLDER.fullmatch(folder) or _NO_TEAM.fullmatch(folder)
        if match is None or not path:
            return ()
        return (EntryName(match["name"], _number(match.groupdict().get("id")), match["kind"], path),)
    return tuple(
        EntryName(entry[: match.start()], _number(match["id"]), match["kind"], entry[match.end() :])
        for match in _FLAT.finditer(entry)
    )


def parse_folder(folder: str) -> EntryName | None:
    """Return what the name of an unpacked download's folder means, None if it is no such folder."""
    readings = parse_entry(f"{folder}/x")
    return readings[0] if readings else None


def moodle_name(name: str) -> str:
    """Return a person's name as Moodle writes it into the download."""
    return _DELETED.sub("", name.replace("_", " ")).replace("*", "_").replace("?", "_")


def moodle_team_name(name: str) -> str:
    """Return a team's name as Moodle writes it into the download: escaped for a page first, then cleaned.

    ``Ann & Bob`` becomes ``Ann amp; Bob``. Names of people are not escaped.
    """
    text = _TAG.sub("", _AMPERSAND.sub("&amp;", name)).replace("<", "&lt;").replace(">", "&gt;")
    return moodle_name(text)


def _number(digits: str | None) -> str:
    return (digits or "").lstrip("0")
