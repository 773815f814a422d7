"""The recorded exports of attendance and gradebook, by name."""

from __future__ import annotations

from tests.moodle.more_recordings import more_folder


def table_names(kind: str) -> list[str]:
    """The exports in ``attendance`` or ``gradebook``; XML has no table."""
    folder = more_folder() / kind
    return sorted(path.name for path in folder.glob("*") if path.suffix in (".txt", ".csv", ".xlsx", ".ods"))
