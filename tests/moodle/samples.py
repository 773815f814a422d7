"""A class of invented people, and the zips that they send."""

from __future__ import annotations

import io
import stat
import warnings
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from autograder.intake import ReadLimits
from autograder.moodle.files.download import Download, read_download
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet

SAVED = datetime(2026, 2, 12, 10, 3, 10, tzinfo=UTC)
DUE = datetime(2026, 2, 14, 17, 0, tzinfo=UTC)
GOOD = {"scratch/optim.py": b"class SGD:\n    pass\n"}


def make_zip(files: dict[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these files, repeated names allowed only once."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return stream.getvalue()


def make_entries(entries: list[tuple[str, bytes]]) -> bytes:
    """A zip whose names may repeat."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")  # the name that repeats is the point
        for path, data in entries:
            archive.writestr(path, data)
    return stream.getvalue()


def make_link() -> bytes:
    """A zip with a symbolic link to /etc/passwd."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        entry = zipfile.ZipInfo("scratch/optim.py")
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return stream.getvalue()


def person(number: int, name: str, *files: tuple[str, bytes], status: str = "Submitted for grading -  - ") -> Person:
    """Somebody who sent these files on 12 February 2026."""
    sent = tuple(SentFile(path, data, SAVED) for path, data in files)
    return Person(
        number,
        name,
        id_number=str(25_200_000 + number),
        email=f"p{number}@example.org",
        status=status,
        submitted="Thursday, 12 February 2026, 10:03 AM" if files else "-",
        files=sent,
    )


def read(
    folder: Path, people: list[Person], *, worksheet: bool = True, limits: ReadLimits | None = None, **options: bool
) -> Download:
    """Write the class as Moodle would, and read it."""
    download = folder / "download.zip"
    download.write_bytes(build_download(people, **options))
    sheet = folder / "worksheet.csv"
    sheet.write_bytes(build_worksheet(people))
    return read_download(download, sheet if worksheet else None, time_zone="Europe/Dublin", due_at=DUE, limits=limits)
