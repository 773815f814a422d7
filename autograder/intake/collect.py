"""Read a folder that holds one sub-folder or zip for each student."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.intake.spool import Spool
from autograder.intake.unpacking import FileCollector, ReadLimits, add_file, is_clutter
from autograder.model import Finding, SubmittedFile

ZipTime: TypeAlias = tuple[int, int, int, int, int, int]
_SAFE_KEY = re.compile(r"[\w][\w.@+-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class FolderOwner:
    """Whose a sub-folder is.

    Attributes:
        number: its participant id or other key.
        name: hostile.
        prefix: put before its files' paths, '' or ending in ``/``.
    """

    number: str
    name: str
    prefix: str = ""


@dataclass(frozen=True)
class CollectedFiles:
    """One participant's or one team's files.

    Attributes:
        number: participant id, group id, or a folder's name; '' for those in no team.
        name: as in the download; hostile.
        saved_at: the newest file's date and time in the zip, in the server's zone, which the zip does not name.
    """

    number: str
    name: str
    files: tuple[SubmittedFile, ...]
    findings: tuple[Finding, ...]
    saved_at: ZipTime | None = None


def collect_folder(
    path: Path,
    limits: ReadLimits,
    spool: Spool,
    zone: ZoneInfo,
    owner_of: Callable[[str], FolderOwner | None] = lambda _: None,
) -> tuple[dict[str, CollectedFiles], list[str]]:
    """Return the files of each sub-folder and zip, by key, and notes; links are not followed.

    Args:
        path: the folder.
        limits: of one participant's files.
        spool: where their bytes go.
        zone: of the module, whose clock says when each file was saved.
        owner_of: whose a sub-folder of that name is, where a learning management system named it; None if its
            name is the key itself.

    Raises:
        UsageError: it holds neither.
    """
    notes: list[str] = []
    collectors: dict[str, FileCollector] = {}
    names: dict[str, str] = {}
    for child in sorted(path.iterdir()):
        if child.is_symlink() or is_clutter(child.name) or child.name.startswith("."):
            notes.append(f"{short_line(child.name)}: a link or a hidden file; left out")
            continue
        is_zip = child.is_file() and child.suffix.lower() == ".zip"
        if not is_zip and not child.is_dir():
            notes.append(f"{short_line(child.name)}: neither a folder nor a zip of one student; left out")
            continue
        owner = owner_of(child.name) if child.is_dir() else None
        name = child.stem if is_zip else child.name
        key = owner.number if owner else safe_key(name)
        if key in collectors and owner is None:
            raise UsageError(f"{child}: two submissions are called {key!r}")
        collector = collectors.setdefault(key, FileCollector(limits, spool))
        names[key] = owner.name if owner else name
        for inner, file in [(child.name, child)] if is_zip else _walk(child, collector):
            # the clock of a download's zip, which unpacking took for this machine's; else the module's
            clock = None if owner else zone
            moment = datetime.fromtimestamp(int(file.stat().st_mtime), clock).replace(tzinfo=None)
            add_file(collector, (owner.prefix if owner else "") + inner, _file_chunks(file), moment)
    if not collectors:
        raise UsageError(f"{path}: no submissions: expected one sub-folder or zip for each student")
    return {key: collected(key, names[key], collectors[key], None) for key in collectors}, notes


def safe_key(name: str) -> str:
    """Return the name if file names and records can have it as it is, else a short hash of it."""
    if _SAFE_KEY.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return (re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "student") + "-" + digest


def _walk(folder: Path, collector: FileCollector) -> Iterator[tuple[str, Path]]:
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        for name in [*files, *folders]:
            file = Path(parent, name)
            inner = file.relative_to(folder).as_posix()
            if file.is_symlink() or not (file.is_file() or file.is_dir()):
                collector.add_finding(f"{short_line(inner)}: a link or a device, not a file; it was left out")
            elif file.is_file():
                yield inner, file


def _file_chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 16):
            yield chunk


def collected(number: str, name: str, collector: FileCollector, saved_at: ZipTime | None) -> CollectedFiles:
    """Return what a collector holds."""
    return CollectedFiles(number, name, collector.contents(), tuple(collector.findings), saved_at)
