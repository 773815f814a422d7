"""A gradebook as the log of pushes, for tests."""

from __future__ import annotations

from pathlib import Path

from autograder.gradebook import GradebookLog, open_gradebook


def log_at(path: Path) -> GradebookLog:
    """The log in a gradebook of its own at ``path``."""
    return GradebookLog(open_gradebook(f"sqlite:///{path}"))
