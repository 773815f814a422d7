"""The record of what was sent to Moodle and what was there before: added to, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class PushLog(Protocol):
    """Where pushes are recorded: the gradebook."""

    def append(self, entry: Mapping[str, Any]) -> None:
        """Keep an entry, so that it survives a power cut once this returns."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Keep all that is written meanwhile at once, or nothing of it: one wait for the disk."""
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
