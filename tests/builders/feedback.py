"""A feedback zip in memory."""

from __future__ import annotations

import io
from collections.abc import Mapping

from autograder.moodle.files.feedback import write_feedback_zip


def feedback_zip(files: Mapping[str, Mapping[str, bytes]], names: Mapping[str, str] | None = None) -> bytes:
    """What :func:`write_feedback_zip` writes."""
    stream = io.BytesIO()
    write_feedback_zip(stream, files, names)
    return stream.getvalue()
