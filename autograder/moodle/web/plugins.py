"""What plug-ins of an assignment hold, as the web services list it: files, and the text of an editor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.moodle.web.client import Json


@dataclass(frozen=True)
class RemoteFile:
    """A file in Moodle; ``path`` begins with ``/``."""

    path: str
    size: int
    url: str
    modified_at: int = 0

    @property
    def stamp(self) -> tuple[int, int]:
        """What differs when the file is replaced, nearly always."""
        return self.size, self.modified_at


def plugin_files(plugins: Sequence[Json], area: str) -> tuple[RemoteFile, ...]:
    """Return the files of the plug-in ``file`` in an area."""
    return tuple(
        RemoteFile(
            f"{file['filepath']}{file['filename']}",
            int(file["filesize"]),
            str(file["fileurl"]),
            int(file["timemodified"]),
        )
        for plugin in plugins
        if plugin["type"] == "file"
        for found in plugin.get("fileareas", [])
        if found["area"] == area
        for file in found["files"]
    )


def plugin_text(plugins: Sequence[Json], kind: str) -> str:
    """Return the text of the editors of a plug-in."""
    return "".join(
        str(editor["text"]) for plugin in plugins if plugin["type"] == kind for editor in plugin.get("editorfields", [])
    )
