"""The members of an archive, whatever Python can read of it: zip, tar, and single compressed files."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO

# what a damaged or unreadable archive makes Python's readers raise
BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError,
    OverflowError, IndexError, KeyError, NotImplementedError,
)  # fmt: skip
CHUNK_BYTES = 64 * 1024
ENTRY_MARK = b"PK\x01\x02"  # begins each entry of a zip's list
SPARED_BYTES = 1 << 20  # a file may grow to this much whatever its packed size
HEADER_BYTES = 1 << 20  # of a long name or an extended header in a tar: Python reads it as a whole
TARS = (".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
COMPRESSED = (".gz", ".bz2", ".xz")
UNREADABLE = (".rar", ".7z", ".zipx", ".tar.zst", ".zst")
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
LONG_HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
    tarfile.GNUTYPE_SPARSE,
)  # fmt: skip


DECOMPRESSORS: Mapping[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


class ArchiveKind(StrEnum):
    """How an archive is read."""

    ZIP = "zip"
    TAR = "tar"
    COMPRESSED = "compressed"  # one file, without a list


class GrowthError(Exception):
    """Something grows too much when it is unpacked; the text is for the student."""


@dataclass(frozen=True)
class Member:
    """One entry of an archive.

    Attributes:
        path: as written there; hostile.
        fault: why it must not be read, '' if it may.
        chunks: yields the contents; of a tar only before the next member is asked for.
    """

    path: str
    fault: str
    chunks: Callable[[], Iterator[bytes]]


def kind_of(path: str, head: bytes) -> ArchiveKind | None:
    """Return how to read a file that is called an archive, or has no ending; None if it is to be kept as it is.

    The contents decide: people rename archives. A ``.npz`` or ``.docx`` is a zip, too, and is kept.

    Args:
        path: its name.
        head: its first 512 bytes.
    """
    name = PurePosixPath(path.lower())
    if name.suffix and not has_archive_name(name.name):
        return None
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ArchiveKind.ZIP
    if head[257:262] == b"ustar":
        return ArchiveKind.TAR
    if head.startswith(tuple(DECOMPRESSORS)):
        plain = name.name.endswith(COMPRESSED) and not name.name.endswith(TARS)
        return ArchiveKind.COMPRESSED if plain else ArchiveKind.TAR
    return ArchiveKind.ZIP if name.suffix == ".zip" else None


def has_archive_name(path: str) -> bool:
    """Return whether a file is called like an archive."""
    return path.lower().endswith((".zip", *UNREADABLE, *TARS, *COMPRESSED))


def holds_more(stream: BinaryIO, mark: bytes, most: int) -> bool:
    """Return whether a mark occurs more often; the stream is read piece by piece."""
    count, tail = 0, b""
    while count <= most and (chunk := stream.read(CHUNK_BYTES)):
        data = tail + chunk
        count += data.count(mark)
        tail = data[len(data) - len(mark) + 1 :]
    return count > most


def zip_members(archive: zipfile.ZipFile, ratio: int) -> Iterator[Member]:
    """Yield the files of a zip, in its order."""
    for entry in archive.infolist():
        if not entry.is_dir():
            yield Member(entry.filename, entry_fault(entry), partial(entry_chunks, archive, entry, ratio))


def entry_fault(entry: zipfile.ZipInfo) -> str:
    """Return why an entry of a zip must not be read, '' if it may."""
    mode = entry.external_attr >> 16
    if entry.flag_bits & 0x1:
        return "locked with a password"
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link or a device, not a file"
    if entry.compress_type not in PACKINGS:
        return "packed in a way that is not read; use an ordinary zip"
    return ""


def entry_chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, ratio: int) -> Iterator[bytes]:
    """Yield an entry's contents.

    Raises:
        GrowthError: it grows more than ``ratio`` times its packed size.
        zipfile.BadZipFile, zlib.error, …: it is damaged.
    """
    size = 0
    with archive.open(entry) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            if size > SPARED_BYTES and size > ratio * max(entry.compress_size, 1):
                raise GrowthError(f"grows more than {ratio} times when it is unpacked")
            yield chunk


class _TarInfo(tarfile.TarInfo):
    """A header that announces no more than can be read into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _TarInfo:
        header = super().frombuf(buf, encoding, errors)
        if header.type in LONG_HEADERS and header.size > HEADER_BYTES:
            raise ValueError("a header is too long")
        return header


class _Bounded(io.RawIOBase):
    """A decompressed stream that ends in an exception where it grows too much."""

    def __init__(self, stream: BinaryIO, most_bytes: int, message: str) -> None:
        self._stream, self._left, self._message = stream, most_bytes, message

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(min(size, CHUNK_BYTES) if size >= 0 else CHUNK_BYTES)
        self._left -= len(data)
        if self._left < 0:
            raise GrowthError(self._message)
        return data


def _decompressed(stream: BinaryIO, packed_bytes: int, ratio: int, most_bytes: int) -> _Bounded:
    """The contents of a compressed file, or the file itself where it is none."""
    head = stream.read(6)
    stream.seek(0)
    opener = next((opener for magic, opener in DECOMPRESSORS.items() if head.startswith(magic)), None)
    if opener is None:
        return _Bounded(stream, packed_bytes, "is longer than itself")
    most = max(SPARED_BYTES, ratio * packed_bytes)
    message = f"grows more than {ratio} times when it is unpacked" if most < most_bytes else "is too large unpacked"
    return _Bounded(opener(stream), min(most, most_bytes), message)


def tar_members(stream: BinaryIO, packed_bytes: int, ratio: int, most_bytes: int) -> Iterator[Member]:
    """Yield the files of a tar, compressed or not, in its order; each must be read before the next.

    Args:
        stream: the archive.
        packed_bytes: its size.
        ratio: how many times it may grow.
        most_bytes: of everything in it.

    Raises:
        GrowthError: it grows too much.
    """
    bounded = _decompressed(stream, packed_bytes, ratio, most_bytes)
    with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_TarInfo) as archive:
        while (entry := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # else the list, which typeshed lacks, grows
            if not entry.isdir():
                fault = "" if entry.isreg() else "a link or a device, not a file"
                yield Member(entry.name, fault, partial(_tar_chunks, archive, entry))


def _tar_chunks(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Iterator[bytes]:
    stream = archive.extractfile(entry)
    while stream is not None and (chunk := stream.read(CHUNK_BYTES)):
        yield chunk


def compressed_member(path: str, stream: BinaryIO, packed_bytes: int, ratio: int, most_bytes: int) -> Member:
    """Return the only file in a ``.gz``, ``.bz2`` or ``.xz``; it is called like the archive, without that ending."""

    def chunks() -> Iterator[bytes]:
        bounded = _decompressed(stream, packed_bytes, ratio, most_bytes)
        while chunk := bounded.read(CHUNK_BYTES):
            yield chunk

    return Member(path.rpartition("/")[2].rpartition(".")[0] or "file", "", chunks)
