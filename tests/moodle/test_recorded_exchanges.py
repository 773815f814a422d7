"""The test double answers every recorded web service exchange as the running Moodle did."""

from functools import cache

import pytest

from tests.moodle.recordings import needs_recordings, recordings_folder
from tests.moodle.ws_recordings import exchanges, replay

pytestmark = needs_recordings
NAMES = [name for name, _ in exchanges(recordings_folder())] if recordings_folder().is_dir() else []


@cache
def differences() -> dict[str, str]:
    """All exchanges replayed in order, once."""
    return dict(replay(recordings_folder()))


@pytest.mark.parametrize("name", NAMES)
def test_an_exchange_is_answered_as_recorded(name: str):
    """Status, content type and every field; times and drawn numbers of the recording's own day aside."""
    assert "" == differences()[name]
