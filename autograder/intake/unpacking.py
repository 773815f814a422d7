"""Read a hostile archive: entries are read, never written anywhere by their names.

Whatever else a student sends, their source files are read: they have limits of their own. What is too large or too
much is left out and named, and costs no other file.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from autograder.hostiletext import short_line
from autograder.intake.archives import (
    BROKEN,
    ENTRY_MARK,
    ArchiveKind,
    GrowthError,
    Member,
    compressed_member,
    has_archive_name,
    holds_more,
    kind_of,
    tar_members,
    zip_members,
)
from autograder.intake.spool import Spool, StoredFile
from autograder.model import Finding, FindingKind, SubmittedFile

_SOURCES = (".py", ".ipynb", ".py.txt")
_DROPPED_FOLDERS = frozenset({
    "__MACOSX", "__pycache__", ".ipynb_checkpoints", ".git", ".svn", ".hg", ".venv", "venv", "site-packages",
    "dist-packages", "node_modules", ".idea", ".vscode", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox",
})  # fmt: skip
_DROPPED_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
OUTSIDE = "outside"  # the folder of files whose paths lead out of the submission
_NAMED = 3  # of several files that are left out for one reason

_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class ReadLimits:
    """What one student may send. Nothing of it is held in memory but source files, one student's at a time.

    Attributes:
        total_mib: of all files after unpacking, the archives themselves included; source files are not counted.
        file_mib: of one file after unpacking.
        source_mib: of all Python files and notebooks together.
        files: the number of source files, and that of all others.
        entries: names in one archive, folders and dropped files included.
        depth: archives within archives; 1 is the archive that the student uploaded.
        ratio: unpacked to packed size of one file, counted from the first MiB.
    """

    total_mib: int = 640
    file_mib: int = 256
    source_mib: int = 32
    files: int = 500
    entries: int = 50_000
    depth: int = 3
    ratio: int = 200


@dataclass(frozen=True)
class Upload:
    """One of the files that a student uploaded; what is in an archive belongs to the archive's upload.

    Attributes:
        name: as sent; hostile.
        at: when, in the clock of whoever wrote it down; None where unknown.
    """

    name: str
    at: datetime | None = None


@dataclass
class FileCollector:
    """What has been read of one student's work so far; grows while it is filled."""

    limits: ReadLimits
    spool: Spool = field(default_factory=Spool)
    files: dict[str, tuple[StoredFile, Upload]] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    brought_in: list[str] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    total_bytes: int = 0
    source_bytes: int = 0
    sources: int = 0

    def add_finding(self, message: str) -> None:
        """Add a finding for the student, once."""
        finding = Finding(kind=FindingKind.FILE, message=message)
        if finding not in self.found:
            self.found.append(finding)

    def leave_out(self, path: str, why: str) -> None:
        """Remember a file that was not read; those of one reason become one finding."""
        self.left_out.setdefault(why, []).append(short_line(path))

    @property
    def findings(self) -> list[Finding]:
        """What was not read, and what a person may have to look at."""
        findings = list(self.found)
        for why, paths in self.left_out.items():
            verb = "was" if len(paths) == 1 else "were"
            findings.append(Finding(FindingKind.FILE, f"{_some(paths)}: {why}; {verb} left out"))
        if self.brought_in:
            words = f"outside the submission, so read in the folder {OUTSIDE}"
            findings.append(Finding(FindingKind.FILE, f"{_some(self.brought_in)}: {words}"))
        return findings

    def contents(self) -> tuple[SubmittedFile, ...]:
        """Return the files in path order; their bytes stay in the spool."""
        return tuple(
            SubmittedFile(path, stored, upload.name, upload.at) for path, (stored, upload) in sorted(self.files.items())
        )


class _LimitError(Exception):
    """A limit was passed; the text is for the student."""


def add_file(collector: FileCollector, path: str, chunks: Iterable[bytes], at: datetime | None = None) -> None:
    """Read one uploaded file, unpack it if it is an archive, and put what it holds into the collector.

    Never raises for what the student sent: that becomes a finding.

    Args:
        collector: the student's.
        path: as sent; hostile.
        chunks: the contents, read only as far as the limits allow.
        at: when it was uploaded.
    """
    _add(collector, Member(path, "", lambda: iter(chunks)), Upload(path, at), folder="", depth=0)


def _add(collector: FileCollector, member: Member, upload: Upload, *, folder: str, depth: int) -> None:
    name = clean_path(member.path)
    inside = None if name is not None else path_inside(member.path)
    name = name or inside
    if name is not None and is_clutter(name):
        return
    if name is None:
        collector.leave_out(member.path, "this path is outside the submission or cannot be used")
        return
    if member.fault:
        collector.leave_out(member.path, member.fault)
        return
    try:
        stored = collector.spool.put_chunks(_within_limits(collector, name, member))
    except (_LimitError, GrowthError) as fault:
        collector.leave_out(member.path, str(fault))
        return
    except BROKEN as fault:
        collector.leave_out(member.path, _reason(fault))
        return
    full_path = f"{folder}/{name}" if folder else name
    with stored.open() as stream:
        kind = kind_of(name, stream.read(512))
    if kind is not None:
        _unpack(collector, full_path, stored, kind, upload, depth)
        return
    if has_archive_name(name):
        collector.add_finding(f"{short_line(member.path)}: this archive cannot be read; send a .zip instead")
    if inside is None:
        _keep(collector, full_path, stored, upload)
        return
    collector.brought_in.append(short_line(member.path))
    _keep_apart(collector, full_path, stored, upload)


def _keep_apart(collector: FileCollector, path: str, stored: StoredFile, upload: Upload) -> None:
    """Keep a file that was brought in: another one of its path is beside it, so that nobody chooses silently."""
    number, free = 1, path
    while free in collector.files and collector.files[free][0].sha256 != stored.sha256:
        number += 1
        free = path.replace(f"{OUTSIDE}/", f"{OUTSIDE}-{number}/", 1)
    collector.files.setdefault(free, (stored, upload))


def _keep(collector: FileCollector, path: str, stored: StoredFile, upload: Upload) -> None:
    if path not in collector.files:
        collector.files[path] = (stored, upload)
        return
    before, earlier = collector.files[path]
    if before.sha256 == stored.sha256:
        return
    is_older = upload.at is not None and earlier.at is not None and upload.at < earlier.at
    which = "newest" if upload.at != earlier.at else "last"
    collector.add_finding(f"{short_line(path)}: sent more than once with different contents; the {which} one was used")
    if not is_older:
        collector.files[path] = (stored, upload)


def _within_limits(collector: FileCollector, path: str, member: Member) -> Iterator[bytes]:
    """Yield a file's contents as far as the limits allow; nothing is read of one for which there is no room."""
    limits = collector.limits
    is_source = path.lower().endswith(_SOURCES)
    if is_source:
        collector.sources += 1
    elif len(collector.files) - collector.sources >= limits.files:
        raise _LimitError(f"more than {limits.files} files that are not source")
    if collector.sources > limits.files:
        raise _LimitError(f"more than {limits.files} Python files and notebooks")
    size = 0
    _require_room(collector, is_source=is_source)
    for chunk in member.chunks():
        size += len(chunk)
        collector.total_bytes += 0 if is_source else len(chunk)
        collector.source_bytes += len(chunk) if is_source else 0
        if size > limits.file_mib << 20 and not has_archive_name(path):
            raise _LimitError(f"larger than {limits.file_mib} MiB")
        _require_room(collector, is_source=is_source)
        yield chunk


def _require_room(collector: FileCollector, *, is_source: bool) -> None:
    limits = collector.limits
    if is_source and collector.source_bytes > limits.source_mib << 20:
        raise _LimitError(f"Python files and notebooks are larger than {limits.source_mib} MiB together")
    if not is_source and collector.total_bytes > limits.total_mib << 20:
        raise _LimitError(f"the files are larger than {limits.total_mib} MiB together")


def _unpack(
    collector: FileCollector, path: str, stored: StoredFile, kind: ArchiveKind, upload: Upload, depth: int
) -> None:
    shown = short_line(path)
    if depth >= collector.limits.depth:
        collector.leave_out(path, f"archives within archives, more than {collector.limits.depth} deep")
        return
    folder = path.rpartition("/")[0]
    before = (len(collector.files), len(collector.found), len(collector.left_out))
    entries = 0
    try:
        with _members(collector, path, stored, kind) as members:
            for member in members:
                entries += 1
                if entries > collector.limits.entries:
                    raise _LimitError(f"more than {collector.limits.entries} entries")
                _add(collector, member, upload, folder=folder, depth=depth + 1)
    except (_LimitError, GrowthError) as fault:
        collector.add_finding(f"{shown}: {fault}; the rest of it was not read")
    except BROKEN:
        collector.add_finding(
            f"{shown}: this {kind} archive cannot be read; was the upload interrupted? Make it again and open it "
            "yourself"
        )
    else:
        if entries == 0 and (len(collector.files), len(collector.found), len(collector.left_out)) == before:
            collector.add_finding(f"{shown}: this archive is empty")


@contextmanager
def _members(collector: FileCollector, path: str, stored: StoredFile, kind: ArchiveKind) -> Iterator[Iterable[Member]]:
    """The files in an archive; source files of a zip come first, the shallowest before the others."""
    limits = collector.limits
    if kind is ArchiveKind.ZIP:
        with stored.open() as stream:
            if holds_more(stream, ENTRY_MARK, 2 * limits.entries):  # before a list is made of them
                raise _LimitError(f"more than {limits.entries} entries")
        with stored.open() as stream, zipfile.ZipFile(stream) as archive:
            yield sorted(zip_members(archive, limits.ratio), key=_source_first)
        return
    most_bytes = (limits.total_mib + limits.source_mib) << 20
    with stored.open() as stream:
        if kind is ArchiveKind.TAR:
            yield tar_members(stream, stored.size_bytes, limits.ratio, most_bytes)
        else:
            yield [compressed_member(path, stream, stored.size_bytes, limits.ratio, most_bytes)]


def _source_first(member: Member) -> tuple[bool, int]:
    return not member.path.lower().endswith(_SOURCES), member.path.count("/")


def clean_path(path: str) -> str | None:
    """Return the path with ``/`` and no ``.`` parts; None if it is absolute, leads out or cannot be used."""
    path = path.replace("\\", "/")
    if not path or path.startswith("/") or len(path) > 4096 or _is_unfit(path):
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or ":" in parts[0]:
        return None
    try:
        longest = max(len(part.encode()) for part in parts)
        whole = len("/".join(parts).encode())
    except UnicodeEncodeError:
        return None
    return "/".join(parts) if longest <= 255 and whole <= 1024 else None


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"{', '.join(paths[:_NAMED])}{more}"


def path_inside(path: str) -> str | None:
    """Where a file is read whose path is absolute, has a drive or leads out; None if it cannot be used at all.

    Nothing is ever written by a path of an archive; the file that is asked for can be found by the rest of its path.
    """
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if parts and ":" in parts[0]:
        parts = [last for last in (parts[0].rpartition(":")[2],) if last] + parts[1:]
    return clean_path("/".join((OUTSIDE, *parts))) if parts else None


def _is_unfit(path: str) -> bool:
    """Whether it holds control characters, half surrogates or marks that turn the direction of writing."""
    return bool(_DIRECTIONS.search(path)) or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in path)


def is_clutter(path: str) -> bool:
    """Whether a system or an editor put the file there, not the student."""
    *folders, name = path.split("/")
    return name in _DROPPED_FILES or name.startswith("._") or not _DROPPED_FOLDERS.isdisjoint(folders)


def _reason(fault: BaseException) -> str:
    if isinstance(fault, zipfile.BadZipFile) and "CRC" in str(fault):
        return "its checksum is wrong"
    return "it is damaged"
