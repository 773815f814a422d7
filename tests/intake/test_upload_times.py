"""When a file was saved, by the module's clock, whatever the clock of the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder.intake import Spool
from autograder.intake.collect import collect_folder
from autograder.intake.unpacking import ReadLimits
from autograder.moodle.files.download_zip import folder_owner

SUMMER = datetime(2027, 7, 1, 16, 0, tzinfo=ZoneInfo("Europe/Dublin"))


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def _machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with a clock of its own."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_machine")
def test_a_file_was_saved_at_a_time_of_the_modules_zone(tmp_path: Path) -> None:
    """Folders of our own have instants; an unpacked download has its zip's clock, as this machine's."""
    clock = SUMMER.replace(tzinfo=None)
    unpacked = clock.timestamp()  # how unzip sets it: as if it were this machine's clock
    for folder, moment in (("ann", SUMMER.timestamp()), ("Ben Byrne_41210_assignsubmission_file_", unpacked)):
        path = tmp_path / folder / "optim.py"
        path.parent.mkdir()
        path.write_text("x = 1\n")
        os.utime(path, (moment, moment))

    found, _ = collect_folder(tmp_path, ReadLimits(), Spool(), SUMMER.tzinfo, folder_owner)  # type: ignore[arg-type]  # a ZoneInfo

    assert {"ann": [clock], "41210": [clock]} == {
        key: [file.uploaded_at for file in one.files] for key, one in found.items()
    }
