"""Published files on this machine: found, downloaded, resumed, and checked before they are read."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from datasets.catalogue import RemoteFile
from datasets.errors import ChecksumError, DatasetError, UnavailableError

CACHE_VARIABLE = "DATASETS_CACHE"
OFFLINE_VARIABLE = "DATASETS_OFFLINE"
CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = 30.0
TRIES = 3  # for each address; the bytes received so far are kept
PARTIAL, RANGE_NOT_SATISFIABLE = 206, 416


class _Interrupted(Exception):
    """A download ended early; the bytes received so far are kept."""


def cache_folder() -> Path:
    """Where files are kept: ``$DATASETS_CACHE``, else the user's cache folder of the system."""
    if os.environ.get(CACHE_VARIABLE):
        return Path(os.environ[CACHE_VARIABLE]).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", home / ".cache"))
    return base / "deep-learning-datasets"


def fetch(file: RemoteFile, folder: Path) -> Path:
    """Return the path of a checked copy of ``file`` in ``folder``; download it if it is not there.

    An interrupted download continues where it stopped. A file is used only if its size and SHA-256 are those
    published, so that no other file is ever parsed. With ``$DATASETS_OFFLINE`` set, nothing is downloaded.

    Raises:
        UnavailableError: it is not there and could not be downloaded; the message says which file to put where.
        ChecksumError: the file in the folder, or the downloaded one, is a different file.
    """
    path = folder / file.name
    if path.exists():
        _check(path, file, "Delete it; it will then be downloaded again.")
        return path
    reasons = []
    if os.environ.get(OFFLINE_VARIABLE, "") not in ("", "0"):
        reasons.append(f"{OFFLINE_VARIABLE} is set")
    else:
        _make_folder(folder)
        for url in file.urls:
            try:
                return _download(url, file, path)
            except (_Interrupted, ChecksumError) as error:
                reasons.append(f"{url}: {error}")
    raise UnavailableError(
        f"{file.name} is not there, and could not be downloaded ({'; '.join(reasons) or 'no address is known'}).\n"
        f"Without a connection, download it on another machine ({file.bytes:,} bytes, SHA-256 {file.sha256}) from\n"
        f"  {' or '.join(file.urls) or 'the staff of this course'}\n"
        f"and put it here:\n"
        f"  {path}"
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be created ({error.strerror}); set {CACHE_VARIABLE} to a folder that you can write to"
        ) from None


def _download(url: str, file: RemoteFile, path: Path) -> Path:
    """Download into ``<name>.part``, check, then rename: a reader never gets half a file."""
    part = path.with_name(path.name + ".part")
    for attempt in range(TRIES):
        try:
            _continue(url, file, part)
            break
        except _Interrupted:
            if attempt == TRIES - 1:
                raise
    try:
        _check(part, file, "It was not kept.")
    except ChecksumError:
        part.unlink()  # continuing from wrong bytes could never give the right file
        raise
    part.replace(path)
    return path


def _continue(url: str, file: RemoteFile, part: Path) -> None:
    """Request the missing bytes of ``part`` and append them."""
    have = part.stat().st_size if part.exists() else 0
    if have >= file.bytes:
        return
    headers = {"User-Agent": "datasets", "Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  # addresses come from our own catalogue
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310  # as above
            resumed = reply.status == PARTIAL and reply.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            with part.open("ab" if resumed else "wb") as target:
                _copy(reply, target, file.bytes - (have if resumed else 0))
    except urllib.error.HTTPError as error:
        if error.code == RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)  # the file on the server is shorter than our part of it
        raise _Interrupted(f"the server answered {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:  # no network, no such host, a time limit, a reset
        raise _Interrupted(f"{type(error).__name__}: {getattr(error, 'reason', error)}") from None
    if part.stat().st_size < file.bytes and not _is_web_page(part):
        raise _Interrupted(f"only {part.stat().st_size:,} of {file.bytes:,} bytes were received")


def _copy(reply: http.client.HTTPResponse, target: IO[bytes], most_bytes: int) -> None:
    """Copy at most one byte more than expected: enough to detect a file that is too long."""
    left = most_bytes + 1
    while left > 0 and (chunk := reply.read(min(CHUNK_BYTES, left))):
        target.write(chunk)
        left -= len(chunk)


def _check(path: Path, file: RemoteFile, advice: str) -> None:
    """Compare size and SHA-256 with those published."""
    if _is_web_page(path):
        raise ChecksumError(
            f"{path} is a web page, not {file.name}: the server sent a login or error page instead. {advice}"
        )
    size = path.stat().st_size
    if size != file.bytes:
        what = "is incomplete" if size < file.bytes else "is too long"
        raise ChecksumError(f"{path} {what}: it has {size:,} bytes, expected {file.bytes:,}. {advice}")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != file.sha256:
        raise ChecksumError(
            f"{path} is damaged or another file: its SHA-256 is {found}, expected {file.sha256}. {advice}"
        )


def _is_web_page(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml"))
