"""The test double answers, and stores, what the recordings of a real class's faults show."""

from functools import cache

import pytest

from tests.moodle.more_recordings import is_replayed, more_folder, recorded, replay
from tests.moodle.recordings import VARIABLE

pytestmark = pytest.mark.skipif(
    not more_folder().is_dir(), reason=f"no recordings of a real class's faults here; {VARIABLE} names their folder"
)
NAMES = [name for name, one in recorded().items() if is_replayed(name, one)]


@cache
def differences() -> dict[str, str]:
    """All exchanges replayed in order, once."""
    return dict(replay())


@pytest.mark.parametrize("name", NAMES)
def test_an_exchange_is_answered_and_stored_as_recorded(name: str):
    """Every field of the answer, and grade, comment, files, workflow state and gradebook in the tables afterwards."""
    assert "" == differences()[name]
