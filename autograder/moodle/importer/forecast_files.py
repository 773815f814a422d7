"""What Moodle will do with a feedback zip before it is uploaded: entry by entry, with the reason."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from autograder.moodle.importer.forecast import Effect

# the plug-ins of an ordinary Moodle; another's folder is skipped where it is not installed
PLUGINS = frozenset(
    {
        ("assignsubmission", "file"),
        ("assignsubmission", "onlinetext"),
        ("assignsubmission", "comments"),
        ("assignfeedback", "file"),
        ("assignfeedback", "comments"),
        ("assignfeedback", "editpdf"),
        ("assignfeedback", "offline"),
    }
)
_DELETED = re.compile(r"""[\x00-\x1f\x7f&<>"`|':\\/]""")


@dataclass(frozen=True)
class FileForecast:
    """One entry.

    Attributes:
        entry: its name in the zip.
        number: participant id, or group id where a team submits; '' where nothing matches.
        path: where Moodle will put it, from ``/``.
        effect: SET or SKIPPED.
        why: given for SKIPPED, and where a file replaces one or changes its name.
    """

    entry: str
    number: str
    path: str
    effect: Effect
    why: str = ""


def forecast_feedback(
    upload: bytes,
    numbers: Collection[str],
    *,
    sent: Mapping[str, Mapping[str, bytes]] | None = None,
    stored: Mapping[str, Collection[str]] | None = None,
) -> tuple[FileForecast, ...]:
    """Return what becomes of each file of the zip. A file that is no zip gives nothing.

    Args:
        upload: the zip.
        numbers: participant ids of those in the chosen group, or group ids where teams submit.
        sent: a student's own files: those in the zip that equal them are skipped.
        stored: paths of the feedback files that Moodle has: they are replaced. Nothing is ever removed.
    """
    return tuple(_entry(name, data, numbers, sent or {}, stored or {}) for name, data in _entries(upload))


def read_feedback(upload: bytes) -> tuple[tuple[FileForecast, bytes], ...]:
    """Return each file of a zip that this kit wrote, with its contents; every id counts as known."""
    entries = _entries(upload)
    numbers = {part for name, _ in entries for part in name.partition("/")[0].split("_")[1:2]}
    return tuple((_entry(name, data, numbers, {}, {}), data) for name, data in entries)


def _entries(upload: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(upload)) as archive:
            return [(_name(entry), archive.read(entry)) for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError):
        return []


def _entry(
    name: str,
    data: bytes,
    numbers: Collection[str],
    sent: Mapping[str, Mapping[str, bytes]],
    stored: Mapping[str, Collection[str]],
) -> FileForecast:
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    if not parts or parts[-1][0] in ".~":
        return FileForecast(name, "", "", Effect.SKIPPED, "names that begin with . or ~ are skipped")
    matched = match_path(parts, numbers)
    if matched is None:
        return FileForecast(name, "", "", Effect.SKIPPED, _mismatch(parts, numbers))
    number, kind, rest = matched
    cleaned = [part for part in (_DELETED.sub("", part) for part in rest) if part]
    path = "/" + "/".join(cleaned)
    if kind == "assignsubmission" and sent.get(number, {}).get(path.lstrip("/")) == data:
        return FileForecast(name, number, path, Effect.SKIPPED, "it is the student's own file, unchanged")
    why = "replaces the file of this name" if path in stored.get(number, ()) else ""
    if cleaned != rest:
        why = "; ".join(filter(None, (why, "Moodle removes characters from its name")))
    return FileForecast(name, number, path, Effect.SET, why)


def match_path(parts: list[str], numbers: Collection[str]) -> tuple[str, str, list[str]] | None:
    """Return number, plug-in type and the file's own path, by the first component that Moodle understands."""
    for place, part in enumerate(parts):
        pieces = part.split("_", 4)
        if len(pieces) < 4 or not re.fullmatch(r"\d{1,18}", pieces[1], re.ASCII):
            continue
        number = str(int(pieces[1]))
        if number in numbers and (pieces[2], pieces[3]) in PLUGINS:
            rest = [*pieces[4:], *parts[place + 1 :]]
            return number, pieces[2], [piece for piece in rest if piece]
    return None


def _mismatch(parts: list[str], numbers: Collection[str]) -> str:
    for part in parts:
        found = re.search(r"_(\d+)_assign(?:submission|feedback)_", part + "_")
        if found and part.split("_")[1:2] != [found[1]]:
            return "there is an underscore before the id"
        if found and found[1] not in numbers:
            return "no participant of this assignment and group has this id (or the student is suspended)"
    return "no part of its path is <name>_<id>_assignfeedback_file"


def _name(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        # names that are not marked as UTF-8 are read by Moodle in code page 850, by Python in 437
        return entry.filename.encode("cp437").decode("cp850")
    except UnicodeEncodeError:
        return entry.filename
