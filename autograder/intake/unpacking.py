"""Read a hostile archive: entries are read, never written anywhere by their names."""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from autograder.hostiletext import short_line
from autograder.intake.spool import Spool, StoredFile
from autograder.model import Finding, FindingKind, SubmittedFile

# what a damaged or unreadable zip makes Python's reader raise
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, OverflowError, IndexError)
_ENTRY_MARK = b"PK\x01\x02"  # begins each entry of a zip's list
_CHUNK_BYTES = 64 * 1024
_OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".tar.gz", ".gz", ".bz2", ".xz")
_SOURCES = (".py", ".ipynb")
_DROPPED_FOLDERS = frozenset({"__MACOSX", "__pycache__", ".ipynb_checkpoints", ".git"})
_DROPPED_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})

_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class ReadLimits:
    """What one student may send. Nothing of it is held in memory but source files, one student's at a time.

    Attributes:
        total_mib: of all files after unpacking, the archives themselves included.
        file_mib: of one file after unpacking.
        source_mib: of all Python files and notebooks together.
        files: their number.
        entries: names in one archive, folders and dropped files included.
        depth: archives within archives; 1 is the zip that the student uploaded.
        ratio: unpacked to packed size of one file, counted from the first MiB.
    """

    total_mib: int = 640
    file_mib: int = 256
    source_mib: int = 32
    files: int = 500
    entries: int = 5000
    depth: int = 3
    ratio: int = 200


@dataclass
class FileCollector:
    """What has been read of one student's work so far; grows while it is filled."""

    limits: ReadLimits
    spool: Spool = field(default_factory=Spool)
    files: dict[str, StoredFile] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    total_bytes: int = 0
    source_bytes: int = 0
    entries: int = 0
    full: bool = False

    def add_finding(self, message: str) -> None:
        """Add a finding for the student, once."""
        finding = Finding(kind=FindingKind.FILE, message=message)
        if finding not in self.findings:
            self.findings.append(finding)

    def contents(self) -> tuple[SubmittedFile, ...]:
        """Return the files in path order; their bytes stay in the spool."""
        return tuple(SubmittedFile(path, stored) for path, stored in sorted(self.files.items()))


class _LimitError(Exception):
    """A limit was passed; the text is for the student."""


def add_file(collector: FileCollector, path: str, chunks: Iterable[bytes], *, folder: str = "", depth: int = 0) -> None:
    """Read one file, unpack it if it is a zip, and put what it holds into the collector.

    Never raises for what the student sent: that becomes a finding.

    Args:
        collector: the student's.
        path: as sent; hostile.
        chunks: the contents, read only as far as the limits allow.
        folder: of the archive that has it.
        depth: how many archives it is within.
    """
    shown = short_line(path)
    name = clean_path(path)
    if collector.full or (name is not None and is_clutter(name)):
        return
    if name is None:
        collector.add_finding(f"{shown}: this path is outside the submission or cannot be used; the file was left out")
        return
    try:
        stored = collector.spool.put_chunks(_within_limits(collector, name, chunks))
    except _LimitError as fault:
        _empty(collector, f"{shown}: {fault}")
        return
    except _BROKEN as fault:
        collector.add_finding(f"{shown}: {_reason(fault)}; the file was left out")
        return
    full_path = f"{folder}/{name}" if folder else name
    if name.lower().endswith(".zip"):
        _unpack(collector, full_path, stored, depth)
        return
    if name.lower().endswith(_OTHER_ARCHIVES):
        collector.add_finding(f"{shown}: archives of this kind are not read, only .zip; send a .zip instead")
    _add(collector, full_path, stored)


def _empty(collector: FileCollector, fault: str) -> None:
    collector.full = True
    collector.files.clear()
    collector.add_finding(f"{fault}; nothing of this submission was read")


def _add(collector: FileCollector, path: str, stored: StoredFile) -> None:
    if path in collector.files and collector.files[path].sha256 != stored.sha256:
        collector.add_finding(f"{short_line(path)}: sent more than once with different contents; the last one was used")
    collector.files[path] = stored
    if len(collector.files) > collector.limits.files:
        _empty(collector, f"more than {collector.limits.files} files")


def _within_limits(collector: FileCollector, path: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a file's contents as far as the limits allow."""
    limits = collector.limits
    is_source = path.lower().endswith(_SOURCES)
    size = 0
    for chunk in chunks:
        size += len(chunk)
        collector.total_bytes += len(chunk)
        collector.source_bytes += len(chunk) if is_source else 0
        if size > limits.file_mib << 20:
            raise _LimitError(f"larger than {limits.file_mib} MiB")
        if collector.source_bytes > limits.source_mib << 20:
            raise _LimitError(f"Python files and notebooks hold more than {limits.source_mib} MiB together")
        if collector.total_bytes > limits.total_mib << 20:
            raise _LimitError(f"the files hold more than {limits.total_mib} MiB together")
        yield chunk


def _holds_more(stream: BinaryIO, mark: bytes, most: int) -> bool:
    """Whether a mark occurs more often; the stream is read piece by piece."""
    count, tail = 0, b""
    while count <= most and (chunk := stream.read(_CHUNK_BYTES)):
        data = tail + chunk
        count += data.count(mark)
        tail = data[len(data) - len(mark) + 1 :]
    return count > most


def _unpack(collector: FileCollector, path: str, stored: StoredFile, depth: int) -> None:
    shown = short_line(path)
    if depth >= collector.limits.depth:
        collector.add_finding(
            f"{shown}: archives within archives, more than {collector.limits.depth} deep; it was not opened"
        )
        return
    with stored.open() as stream:
        if _holds_more(stream, _ENTRY_MARK, 20 * collector.limits.entries):  # before a list is made of them
            _empty(collector, f"{shown}: more than {collector.limits.entries} entries")
            return
    folder = path.rpartition("/")[0]
    before = len(collector.files) + len(collector.findings)
    try:
        with stored.open() as stream, zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            collector.entries += len(entries)
            if collector.entries > collector.limits.entries:
                _empty(collector, f"{shown}: more than {collector.limits.entries} entries")
                return
            for entry in entries:
                _add_entry(collector, archive, entry, folder, depth + 1)
    except _BROKEN:
        collector.add_finding(
            f"{shown}: this zip cannot be read; was the upload interrupted? Make it again and open it yourself"
        )
        return
    if len(collector.files) + len(collector.findings) == before and not collector.full:
        collector.add_finding(f"{shown}: this zip is empty")


def _add_entry(
    collector: FileCollector, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: str, depth: int
) -> None:
    shown = short_line(entry.filename)
    fault = entry_fault(entry)
    if fault:
        collector.add_finding(f"{shown}: {fault}; it was left out")
        return
    if not entry.is_dir():
        chunks = entry_chunks(archive, entry, collector.limits.ratio)
        add_file(collector, entry.filename, chunks, folder=folder, depth=depth)


def entry_fault(entry: zipfile.ZipInfo) -> str:
    """Return why an entry must not be read, '' if it may."""
    mode = entry.external_attr >> 16
    if entry.flag_bits & 0x1:
        return "locked with a password"
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link or a device, not a file"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packed in a way that is not read; use an ordinary zip"
    return ""


def entry_chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, ratio: int) -> Iterator[bytes]:
    """Yield an entry's contents.

    Raises:
        _LimitError: it grows more than ``ratio`` times its packed size.
        zipfile.BadZipFile, zlib.error, …: it is damaged.
    """
    size = 0
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > 1 << 20 and size > ratio * max(entry.compress_size, 1):
                raise _LimitError(f"grows more than {ratio} times when it is unpacked")
            yield chunk


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
