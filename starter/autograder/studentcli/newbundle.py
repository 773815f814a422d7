"""Read a new bundle, a zip or a folder, without writing anything; what could harm a student's folder is refused."""

from __future__ import annotations

import json
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.errors import UsageError
from autograder.hostiletext import short_line
from autograder.testing.public_course import COURSE_FILE

MOST_FILES = 5_000
MOST_BYTES = 256 * 1024 * 1024
# What systems and tools leave in a folder or a zip, and what belongs to one machine alone.
LEFT_OUT = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", "__pycache__", ".ipynb_checkpoints", ".pytest_cache"}
PRIVATE = {".git", ".venv", "venv", ".autograder-backup"}
RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(1, 10))}


@dataclass(frozen=True)
class HandedOut:
    """What a bundle's ``course.json`` says of the files that were handed out.

    Attributes:
        module: the module's code.
        stages: their names.
        work: hashes of the files that students write, by path.
        course: hashes of the course's own files, by path; empty in bundles of earlier kits.
    """

    module: str
    stages: tuple[str, ...]
    work: Mapping[str, str]
    course: Mapping[str, str]


def handed_out(data: bytes, where: str) -> HandedOut:
    """Read a ``course.json``.

    Args:
        data: its bytes.
        where: its name in an error.

    Raises:
        UsageError: it is no such file.
    """
    try:
        content = json.loads(data.decode("utf-8"))
        work: dict[str, str] = {}
        for stage in content["stages"].values():
            digests = stage.get("starter_sha256", {})
            work |= {str(path): str(digests.get(path, "")) for path in stage["files"]}
        course = {str(path): str(digest) for path, digest in content.get("bundle_sha256", {}).items()}
        return HandedOut(str(content["module"]), tuple(map(str, content["stages"])), work, course)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{where} cannot be read ({type(error).__name__}): use the course's own bundle") from None


def read_bundle(source: Path) -> dict[str, bytes]:
    """Every file of a bundle by its path below the folder with ``course.json``.

    Args:
        source: a zip, or a folder in which it was unpacked; the bundle may be in a folder within it.

    Raises:
        UsageError: it is no bundle, or has a path or a link that could write outside of the student's folder; all
            such paths are named.
    """
    if source.is_dir():
        files = _folder_files(source)
    else:
        try:
            with zipfile.ZipFile(source) as archive:
                files = _zip_files(archive, source)
        except (
            zipfile.BadZipFile,
            OSError,
            RuntimeError,
            NotImplementedError,
            EOFError,
            zlib.error,
            ValueError,
        ) as error:
            words = short_line(str(error)) or type(error).__name__
            raise UsageError(f"{source} cannot be read as a zip ({words}): download the bundle again") from None
    _refuse_alike(files, source)
    return _below_course_file(files, source)


def _zip_files(archive: zipfile.ZipFile, source: Path) -> dict[str, bytes]:
    entries = [entry for entry in archive.infolist() if not LEFT_OUT & set(entry.filename.split("/"))]
    faults = [f"{short_line(entry.filename)}: {fault}" for entry in entries for fault in _entry_faults(entry)]
    _refuse(source, faults)
    entries = [entry for entry in entries if not entry.is_dir()]
    names = [entry.filename for entry in entries]
    _refuse(
        source, [f"{name}: it is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    )
    _limit(source, len(entries), sum(entry.file_size for entry in entries))
    files, left = {}, MOST_BYTES
    for entry in entries:
        with archive.open(entry) as opened:
            files[entry.filename] = opened.read(left + 1)
        left -= len(files[entry.filename])
        if left < 0:  # the sizes that the zip gives were too small
            _limit(source, 0, MOST_BYTES + 1)
    return files


def _entry_faults(entry: zipfile.ZipInfo) -> Iterator[str]:
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield "a link or a device, not a file"
    if entry.flag_bits & 1:
        yield "it is encrypted"
    # as it is in the zip: ZipInfo cuts a name at a NUL and, on Windows, changes separators
    yield from path_faults(entry.orig_filename.removesuffix("/"))


def path_faults(path: str) -> Iterator[str]:
    """Why a path of a bundle must not be written, on any system."""
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or (len(path) > 1 and path[1] == ":"):
        yield "a path that leaves the folder"
    elif (
        "" in parts
        or "." in parts
        or any(character in '\\:*?"<>|' or not character.isprintable() for character in path)
    ):
        yield "a path that not every system can write"
    elif any(part.endswith((".", " ")) or part.partition(".")[0].casefold() in RESERVED for part in parts):
        yield "a name that Windows cannot write"
    elif PRIVATE & {part.casefold() for part in parts}:
        yield "a folder that belongs to your machine alone"


def _folder_files(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    faults: list[str] = []
    size = 0
    for path in _paths(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file():
            faults.append(f"{short_line(name)}: a link or a device, not a file")
            continue
        faults += [f"{short_line(name)}: {fault}" for fault in path_faults(name)]
        size += path.stat().st_size
        _limit(folder, len(found), size)
        try:
            found[name] = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: it cannot be read: {error.strerror}") from None
    _refuse(folder, faults)
    return found


def _paths(folder: Path) -> Iterator[Path]:
    """What is in a folder that may be a bundle: environments, repositories and caches are left out."""
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_OUT or path.name in PRIVATE:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _paths(path)
        else:
            yield path


def _below_course_file(files: Mapping[str, bytes], source: Path) -> dict[str, bytes]:
    """The files of the folder with ``course.json``; one in a folder further down is another bundle's."""
    folders = [PurePosixPath(path).parent for path in files if path.rpartition("/")[2] == COURSE_FILE]
    depth = min((len(folder.parts) for folder in folders), default=0)
    highest = [folder for folder in folders if len(folder.parts) == depth]
    if len(highest) != 1:
        what = "more than one bundle is in it" if highest else f"there is no {COURSE_FILE} in it"
        raise UsageError(f"{source}: {what}: give the zip of the course's bundle, as you downloaded it")
    prefix = "" if depth == 0 else f"{highest[0].as_posix()}/"
    return {path.removeprefix(prefix): data for path, data in files.items() if path.startswith(prefix)}


def _refuse_alike(paths: Iterable[str], source: Path) -> None:
    """Names that are one file on Windows and macOS, and a file in the place of a folder."""
    seen: dict[str, str] = {}
    faults = []
    for path in sorted(paths):
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            faults.append(f"{path}: the same name as {other} on Windows and macOS")
    folders = {parent.as_posix().casefold() for path in seen.values() for parent in PurePosixPath(path).parents}
    faults += [f"{path}: both a file and a folder" for folded, path in seen.items() if folded in folders]
    _refuse(source, faults)


def _refuse(source: Path, faults: list[str]) -> None:
    if faults:
        more = [f"… and {len(faults) - 10} more"] if len(faults) > 10 else []
        lines = "\n  ".join([*faults[:10], *more])
        raise UsageError(
            f"{source} was refused and nothing was changed:\n  {lines}\nDownload the bundle from Moodle again."
        )


def _limit(source: Path, files: int, size: int) -> None:
    if files > MOST_FILES or size > MOST_BYTES:
        raise UsageError(
            f"{source} was refused, it has more than {MOST_FILES:,} files or {MOST_BYTES >> 20} MiB: give the course's"
        )
