"""The record of what was sent to Moodle and what was there before: added to, never changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from autograder.errors import GradebookError


class PushLog(Protocol):
    """Where pushes are recorded. The gradebook can be one; :class:`FileLog` needs only a file."""

    def append(self, entry: Mapping[str, Any]) -> None:
        """Keep an entry, so that it survives a power cut once this returns."""
        ...

    def entries(self) -> Iterator[dict[str, Any]]:
        """Return all entries, the oldest first.

        Raises:
            GradebookError: one was changed, removed or is damaged.
        """
        ...

    def keep(self, data: bytes) -> str:
        """Keep a file's contents and return their SHA-256."""
        ...

    def kept(self, sha256: str) -> bytes:
        """Return contents that were kept.

        Raises:
            GradebookError: they are not there, or changed.
        """
        ...


class FileLog:
    """A file of JSON lines, each with the hash of the one before; contents lie in a folder beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = path.with_name(path.name + ".files")
        self._end: tuple[int, str] | None = None  # size and last hash, as this object left the file

    def append(self, entry: Mapping[str, Any]) -> None:
        """See :class:`PushLog`. A line that was cut short by a crash is completed by nothing: it is dropped."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        whole, last = self._whole_lines()
        text = json.dumps({**entry, "previous": last}, ensure_ascii=False, sort_keys=True) + "\n"
        line = text.encode("utf-8", "replace")
        with self._path.open("r+b" if self._path.exists() else "w+b") as stream:
            stream.truncate(whole)
            stream.seek(whole)
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        self._end = whole + len(line), hashlib.sha256(line[:-1]).hexdigest()

    def entries(self) -> Iterator[dict[str, Any]]:
        """See :class:`PushLog`."""
        previous = ""
        for number, line in enumerate(self._lines(), start=1):
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise GradebookError(f"{self._path}:{number}: damaged: {error}") from error
            if not isinstance(entry, dict) or entry.pop("previous", None) != previous:
                raise GradebookError(f"{self._path}:{number}: a line before this one was changed or removed")
            previous = hashlib.sha256(line).hexdigest()
            yield entry

    def keep(self, data: bytes) -> str:
        """See :class:`PushLog`."""
        sha256 = hashlib.sha256(data).hexdigest()
        target = self._folder / sha256
        if not target.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(".part")
            with draft.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(target)
        return sha256

    def kept(self, sha256: str) -> bytes:
        """See :class:`PushLog`."""
        data = b""
        with suppress(OSError):
            data = (self._folder / sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise GradebookError(f"{self._folder}: the contents {sha256[:12]}… are not there, or changed")
        return data

    def _lines(self) -> list[bytes]:
        if not self._path.exists():
            return []
        data = self._path.read_bytes()
        # a last line without its end was never reported as written
        return data[: data.rfind(b"\n") + 1].splitlines()

    def _whole_lines(self) -> tuple[int, str]:
        if self._end is not None and self._path.exists() and self._path.stat().st_size == self._end[0]:
            return self._end
        lines = self._lines()
        return sum(len(line) + 1 for line in lines), hashlib.sha256(lines[-1]).hexdigest() if lines else ""
