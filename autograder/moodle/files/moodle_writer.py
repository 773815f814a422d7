"""Write downloads and worksheets as Moodle writes them: for the demonstration class and for tests.

Moodle streams its zip: each entry's sizes follow its data in a descriptor, the local header announces
them in a zip64 field, names are UTF-8, and there are no entries for folders.
"""

from __future__ import annotations

import io
import shutil
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from autograder.moodle.files.names import moodle_name, moodle_team_name

_LOCAL, _DESCRIPTOR, _CENTRAL, _END = 0x04034B50, 0x08074B50, 0x02014B50, 0x06054B50
_FLAGS = 0x0808  # UTF-8 names; sizes follow the data
_VERSION_MADE_BY, _VERSION_NEEDED, _DEFLATE = 0x0603, 45, 8
_ZIP64 = struct.pack("<HHQQ", 0x0001, 16, 0, 0) + struct.pack("<HH", 0x5653, 0)
_ARCHIVE_BIT = 0x20
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip can hold


@dataclass(frozen=True)
class SentFile:
    """A file in a download.

    Attributes:
        path: the student's own, with its folders.
        data: the contents, or the file that has them.
        saved_at: when it was saved, in the server's time.
        plugin: "file" or "onlinetext".
    """

    path: str
    data: bytes | Path
    saved_at: datetime
    plugin: str = "file"

    def open(self) -> BinaryIO:
        """Return a reader of the contents."""
        return self.data.open("rb") if isinstance(self.data, Path) else io.BytesIO(self.data)


@dataclass(frozen=True)
class Person:
    """One row of a worksheet and one folder of a download.

    Attributes:
        number: participant id, or a group id where teams submit; None for those in no team.
        status: the Status cell as Moodle words it.
        files: what was sent; empty for those who sent nothing.
        uncertain: why the due date may be another: a column of our own, written if somebody has it.
    """

    number: int | None
    name: str
    id_number: str = ""
    email: str = ""
    status: str = "No submission -  - "
    due: str = ""
    group: str = ""
    grade: str = ""
    can_change: bool = True
    submitted: str = "-"
    graded: str = "-"
    comment: str = ""
    uncertain: str = ""
    files: tuple[SentFile, ...] = field(default=(), repr=False)


def build_download(
    people: Sequence[Person],
    *,
    flat: bool = False,
    trailing_underscore: bool = False,
    blind: bool = False,
    teams: bool = False,
) -> bytes:
    """Return the zip of "Download all submissions", byte for byte as Moodle writes it.

    Args:
        people: in the order of their entries.
        flat: without folders; of two files of one name the later replaces the earlier, as in Moodle.
        trailing_underscore: as Moodle up to 4.0 named folders.
        blind: ``Participant`` for everybody's name.
        teams: the names are teams'.
    """
    return _zip(_entries(people, flat=flat, trailing_underscore=trailing_underscore, blind=blind, teams=teams))


def write_download(stream: BinaryIO, people: Sequence[Person], *, blind: bool = False, teams: bool = False) -> None:
    """Write a zip with the names of "Download all submissions", of any size and number of files.

    Args:
        stream: where it is written; no more than a piece of one file is in memory.
        people: in the order of their entries.
        blind: ``Participant`` for everybody's name.
        teams: the names are teams'.
    """
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, file in _entries(people, blind=blind, teams=teams).items():
            when = file.saved_at.timetuple()[:6]
            entry = zipfile.ZipInfo(path, max(when, _EARLIEST))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.file_size = file.data.stat().st_size if isinstance(file.data, Path) else len(file.data)
            with file.open() as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def _entries(
    people: Sequence[Person],
    *,
    flat: bool = False,
    trailing_underscore: bool = False,
    blind: bool = False,
    teams: bool = False,
) -> dict[str, SentFile]:
    entries: dict[str, SentFile] = {}
    for person in people:
        owner = "Participant" if blind else (moodle_team_name if teams else moodle_name)(person.name)
        number = "" if person.number is None else f"_{person.number}"
        for file in person.files:
            prefix = f"{owner}{number}_assignsubmission_{file.plugin}"
            if flat:
                entries[f"{prefix}_{file.path.rpartition('/')[2]}"] = file
            else:
                entries[f"{prefix}{'_' if trailing_underscore else ''}/{file.path}"] = file
    return entries


def build_worksheet(
    people: Sequence[Person],
    *,
    maximum: str = "100.00",
    identities: bool = True,
    due_dates: bool = False,
    groups: bool = False,
) -> bytes:
    """Return the grading worksheet: UTF-8 with a byte order mark, LF, quotes where Moodle puts them.

    Args:
        people: in the order of their rows; their numbers are participant ids.
        maximum: of the grade, as Moodle prints it.
        identities: with name, ID number and e-mail address; without under blind marking.
        due_dates: with each row's dates, which Moodle adds when the assignment has an override.
        groups: with the team's name.
    """
    header = ["Identifier", *(["Full name", "ID number", "Email address"] if identities else []), "Status"]
    header += ["Allow submissions from", "Due date", "Cut-off date"] if due_dates else []
    header += ["Group"] if groups else []
    header += ["Grade", "Maximum grade", "Grade can be changed", "Last modified (submission)"]
    header += ["Last modified (grade)", "Feedback comments"]
    uncertain = any(person.uncertain for person in people)
    header += ["Lateness uncertain"] if uncertain else []
    lines = [_line(header)]
    for person in people:
        cells = [f"Participant {person.number}"]
        cells += [person.name, person.id_number, person.email] if identities else []
        cells += [person.status]
        cells += ["", person.due, ""] if due_dates else []
        cells += [person.group] if groups else []
        cells += [person.grade, maximum, "Yes" if person.can_change else "No", person.submitted]
        cells += [person.graded, person.comment]
        cells += [person.uncertain] if uncertain else []
        lines.append(_line(cells))
    return ("\ufeff" + "".join(lines)).encode("utf-8")


def _line(cells: Sequence[str]) -> str:
    return ",".join(_cell(cell) for cell in cells) + "\n"


def _cell(text: str) -> str:
    if any(character in text for character in ' ,"\n\r\t\\'):  # PHP quotes a cell for a space, too
        return '"' + text.replace('"', '""') + '"'
    return text


def _zip(files: Mapping[str, SentFile]) -> bytes:
    body, central = bytearray(), bytearray()
    for path, file in files.items():
        name, data = path.encode("utf-8"), file.open().read()
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        crc, offset = zlib.crc32(data), len(body)
        date, time = _dos(file.saved_at)
        head = struct.pack("<HHHHH", _VERSION_NEEDED, _FLAGS, _DEFLATE, time, date)
        unknown = 0xFFFFFFFF
        body += struct.pack("<I", _LOCAL) + head + struct.pack("<III", 0, unknown, unknown)
        body += struct.pack("<HH", len(name), len(_ZIP64)) + name + _ZIP64 + packed
        body += struct.pack("<IIQQ", _DESCRIPTOR, crc, len(packed), len(data))
        central += struct.pack("<IH", _CENTRAL, _VERSION_MADE_BY) + head
        central += struct.pack("<III", crc, len(packed), len(data))
        central += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, _ARCHIVE_BIT, offset) + name
    end = struct.pack("<IHHHHIIH", _END, 0, 0, len(files), len(files), len(central), len(body), 0)
    return bytes(body + central) + end


def _dos(when: datetime) -> tuple[int, int]:
    """Return date and time as a zip has them, to two seconds."""
    date = (when.year - 1980) << 9 | when.month << 5 | when.day
    return date, when.hour << 11 | when.minute << 5 | when.second // 2
