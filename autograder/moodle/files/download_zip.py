"""The entries of Moodle's "Download all submissions", sorted by whose they are."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.intake.archives import entry_chunks, entry_fault
from autograder.intake.collect import CollectedFiles, FolderOwner, ZipTime, collected
from autograder.intake.spool import Spool
from autograder.intake.unpacking import FileCollector, ReadLimits, add_file, is_clutter
from autograder.moodle.files.names import EntryName, moodle_name, parse_entry, parse_folder

_MOST_ENTRIES = 200_000


def collect_zip(
    path: Path, limits: ReadLimits, names: Mapping[str, str], spool: Spool
) -> tuple[dict[str, CollectedFiles], list[str]]:
    """Return the files of a download by number, and notes on entries that are nobody's.

    Args:
        path: the zip.
        limits: of one participant's files.
        names: participant id to full name, to read a flat name that imitates itself.
        spool: where their bytes go.

    Raises:
        UsageError: no zip, or none that Moodle made.
    """
    notes: list[str] = []
    collectors: dict[str, FileCollector] = {}
    names_found: dict[str, str] = {}
    saved: dict[str, ZipTime] = {}
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such file") from error
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UsageError(f"{path}: this zip cannot be read ({error}); download it again from Moodle") from error
    with archive:
        entries = archive.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise UsageError(f"{path}: too many entries ({len(entries)}; at most {_MOST_ENTRIES}): is it another zip?")
        for entry in entries:
            if entry.is_dir() or is_clutter(entry.filename):
                continue
            owner = _reading(parse_entry(entry.filename), names)
            if owner is None:
                notes.append(f"{short_line(entry.filename)}: not one of Moodle's names; left out")
                continue
            collector = collectors.setdefault(owner.number, FileCollector(limits, spool))
            names_found.setdefault(owner.number, owner.name)
            fault = entry_fault(entry)
            if fault:
                collector.add_finding(f"{short_line(owner.path)}: {fault}; it was left out")
                continue
            inner = owner.path if owner.kind != "onlinetext" else f"onlinetext/{owner.path}"
            add_file(collector, inner, entry_chunks(archive, entry, limits.ratio), zip_moment(entry.date_time))
            saved[owner.number] = max(saved.get(owner.number, entry.date_time), entry.date_time)
    if entries and not collectors:
        raise UsageError(
            f"{path}: no download from Moodle: none of its {len(entries)} entries is named like "
            "'Ann Byrne_41210_assignsubmission_file/…'. To grade zips or folders of your own, put one for each "
            "student into a folder and give that folder"
        )
    return {key: collected(key, names_found[key], collectors[key], saved.get(key)) for key in collectors}, notes


def zip_moment(date_time: ZipTime) -> datetime | None:
    """Return an entry's date and time, in a zone that a zip does not name; None where they are none."""
    try:
        return datetime(*date_time)  # noqa: DTZ001 - compared with others of the same download only
    except ValueError:  # a zip can hold the 31st of February
        return None


def folder_owner(folder: str) -> FolderOwner | None:
    """Return whose a folder of an unpacked download is, None if Moodle did not name it."""
    owner = parse_folder(folder)
    if owner is None:
        return None
    return FolderOwner(owner.number, owner.name, "onlinetext/" if owner.kind == "onlinetext" else "")


def _reading(readings: tuple[EntryName, ...], names: Mapping[str, str]) -> EntryName | None:
    if len(readings) <= 1:
        return readings[0] if readings else None
    fitting = [owner for owner in readings if owner.number in names and moodle_name(names[owner.number]) == owner.name]
    return fitting[0] if len(fitting) == 1 else None
