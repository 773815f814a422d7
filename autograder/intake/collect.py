"""Sort the entries of a download, or the files of a folder, by whose they are."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from autograder.errors import UsageError
from autograder.intake.names import EntryName, moodle_name, parse_entry, parse_folder
from autograder.intake.spool import Spool, SpooledFiles
from autograder.intake.unpacking import (
    Basket,
    ReadLimits,
    add_file,
    entry_chunks,
    entry_fault,
    is_clutter,
)
from autograder.model import Finding
from autograder.moodle.files.text import printable

ZipTime: TypeAlias = tuple[int, int, int, int, int, int]
_MOST_ENTRIES = 200_000
_SAFE_KEY = re.compile(r"[\w][\w.@+-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Bundle:
    """One participant's or one team's files.

    Attributes:
        number: participant id, group id, or a folder's name; '' for those in no team.
        name: as it stands in the download; hostile.
        saved_at: the newest file's date and time in the zip, in the server's zone, which it does not say.
    """

    number: str
    name: str
    files: SpooledFiles
    findings: tuple[Finding, ...]
    saved_at: ZipTime | None = None


def collect_zip(
    path: Path, limits: ReadLimits, names: Mapping[str, str], spool: Spool
) -> tuple[dict[str, Bundle], list[str]]:
    """Return the bundles of a download by number, and notes on entries that are nobody's.

    Args:
        path: the zip.
        limits: of one participant's files.
        names: participant id to full name, to read a flat name that imitates itself.
        spool: where their bytes go.

    Raises:
        UsageError: no zip, or none that Moodle made.
    """
    notes: list[str] = []
    baskets: dict[str, Basket] = {}
    owners: dict[str, str] = {}
    saved: dict[str, ZipTime] = {}
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such file") from error
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UsageError(f"{path}: no zip that can be read ({error}); download it again from Moodle") from error
    with archive:
        entries = archive.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise UsageError(f"{path}: {len(entries)} entries are more than any class sends")
        for entry in entries:
            if entry.is_dir() or is_clutter(entry.filename):
                continue
            said = _reading(parse_entry(entry.filename), names)
            if said is None:
                notes.append(f"{printable(entry.filename)}: not one of Moodle's names; left out")
                continue
            basket = baskets.setdefault(said.number, Basket(limits, spool))
            owners.setdefault(said.number, said.name)
            fault = entry_fault(entry)
            if fault:
                basket.say(f"{printable(said.path)}: {fault}; it was left out")
                continue
            inside = said.path if said.kind != "onlinetext" else f"onlinetext/{said.path}"
            add_file(basket, inside, entry_chunks(archive, entry, limits.ratio))
            saved[said.number] = max(saved.get(said.number, entry.date_time), entry.date_time)
    if entries and not baskets:
        raise UsageError(
            f"{path}: no download from Moodle: none of its {len(entries)} entries is named like "
            "'Ann Byrne_41210_assignsubmission_file/…'. To grade zips or folders of your own, put one for each "
            "student into a folder and give that folder"
        )
    return {key: _bundle(key, owners[key], baskets[key], saved.get(key)) for key in baskets}, notes


def collect_folder(path: Path, limits: ReadLimits, spool: Spool) -> tuple[dict[str, Bundle], list[str]]:
    """Return the bundles of a folder by the names of its sub-folders and zips; links are not followed.

    Sub-folders that Moodle named (a download somebody unpacked) count under their participant id.

    Raises:
        UsageError: it holds neither.
    """
    notes: list[str] = []
    baskets: dict[str, Basket] = {}
    owners: dict[str, str] = {}
    for child in sorted(path.iterdir()):
        if child.is_symlink() or is_clutter(child.name) or child.name.startswith("."):
            notes.append(f"{printable(child.name)}: a link or a hidden file; left out")
            continue
        is_zip = child.is_file() and child.suffix.lower() == ".zip"
        if not is_zip and not child.is_dir():
            notes.append(f"{printable(child.name)}: neither a folder nor a zip of one student; left out")
            continue
        said = parse_folder(child.name) if child.is_dir() else None
        name = child.stem if is_zip else child.name
        key = said.number if said else safe_key(name)
        if key in baskets and said is None:
            raise UsageError(f"{child}: two submissions are called {key!r}")
        basket = baskets.setdefault(key, Basket(limits, spool))
        owners[key] = said.name if said else name
        for inside, file in [(child.name, child)] if is_zip else _walk(child, basket):
            prefix = "onlinetext/" if said and said.kind == "onlinetext" else ""
            add_file(basket, prefix + inside, _file_chunks(file))
    if not baskets:
        raise UsageError(f"{path}: no submissions: expected one sub-folder or zip for each student")
    return {key: _bundle(key, owners[key], baskets[key], None) for key in baskets}, notes


def safe_key(name: str) -> str:
    """Return the name if it can stand in file names and records as it is, else a short hash of it."""
    if _SAFE_KEY.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return (re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "student") + "-" + digest


def _reading(readings: tuple[EntryName, ...], names: Mapping[str, str]) -> EntryName | None:
    if len(readings) <= 1:
        return readings[0] if readings else None
    fitting = [said for said in readings if said.number in names and moodle_name(names[said.number]) == said.name]
    return fitting[0] if len(fitting) == 1 else None


def _walk(folder: Path, basket: Basket) -> Iterator[tuple[str, Path]]:
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        for name in [*files, *folders]:
            file = Path(parent, name)
            inside = file.relative_to(folder).as_posix()
            if file.is_symlink() or not (file.is_file() or file.is_dir()):
                basket.say(f"{printable(inside)}: a link or a device, not a file; it was left out")
            elif file.is_file():
                yield inside, file


def _file_chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 16):
            yield chunk


def _bundle(key: str, name: str, basket: Basket, saved_at: ZipTime | None) -> Bundle:
    return Bundle(key, name, basket.contents(), tuple(basket.findings), saved_at)
