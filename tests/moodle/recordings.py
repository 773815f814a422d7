"""Where recordings of a running Moodle lie: the tests that replay them are skipped without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "AUTOGRADER_MOODLE_RECORDINGS"


def recordings_folder() -> Path:
    """The folder named by the environment, or ``shared/moodle`` beside the checkout."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "moodle"


needs_recordings = pytest.mark.skipif(
    not recordings_folder().is_dir(), reason=f"no recordings of a Moodle here; {VARIABLE} names their folder"
)
