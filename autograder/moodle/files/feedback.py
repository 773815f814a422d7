"""The zip of feedback files that Moodle hands out to its students."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from typing import BinaryIO

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
# what Moodle deletes from a file's name, and the characters that its zip reader gives a meaning to
_UNSAFE = re.compile(r"""[\x00-\x1f\x7f&<>"`|':\\/*?]""")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: the same files are the same bytes
_NAME_BYTES = 120  # folders beyond 255 bytes cannot be unpacked on most disks


def has_moodle_number(key: str) -> bool:
    """Whether a key is a number that Moodle can have given to a participant or a group: "007" is not, nor "²"."""
    return _NUMBER.fullmatch(key) is not None


def write_feedback_zip(
    stream: BinaryIO, files: Mapping[str, Mapping[str, bytes]], names: Mapping[str, str] | None = None
) -> None:
    """Write a zip with ``<name>_<id>_assignfeedback_file/<file>`` for each file.

    Moodle splits the first part at underscores, so there is none in it, and takes the number: a
    participant id, or a group id where a team submits. Files already there stay; one of the same
    name is replaced.

    Args:
        stream: where it is written, from its beginning.
        files: the id to file names and contents.
        names: the id to a person's name, for people who open the zip; may be hostile.

    Raises:
        ValueError: an id is no number, or Moodle would skip or rename a file of that name.
    """
    names = names or {}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for key in sorted(files, key=lambda key: (len(key), key)):
            if not has_moodle_number(key):
                raise ValueError(f"{key!r} is not a participant id: Moodle matches files by that number alone")
            folder = f"{safe_first_part(names.get(key, ''))}_{key}_assignfeedback_file"
            for name in sorted(files[key]):
                archive.writestr(_entry(f"{folder}/{_checked(name)}"), files[key][name])


def safe_first_part(name: str) -> str:
    """Return a name that may precede the id: no underscore, nothing that Moodle deletes."""
    text = _UNSAFE.sub("", name.replace("_", " ")).encode("utf-8", "ignore").decode()
    text = "".join(character for character in text if character.isprintable()).strip(" .~")
    while len(text.encode()) > _NAME_BYTES:
        text = text[:-1]
    return text.strip(" .") or "participant"


def _checked(name: str) -> str:
    fits = name and name == _UNSAFE.sub("", name) and name.isprintable() and len(name.encode()) <= 200
    if not fits or name[0] in ".~ " or name[-1] in ". ":
        raise ValueError(f"Moodle would skip or rename a file called {name!r}")
    return name


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry
