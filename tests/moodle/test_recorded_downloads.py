"""Every recorded file is what the kit would write from what it read."""

import pytest

from autograder.moodle.files.download import read_download
from autograder.moodle.files.worksheet import read_worksheet
from tests.moodle.recordings import needs_recordings, recordings_folder

pytestmark = needs_recordings
FOLDER = recordings_folder() / "download"
ZIPS = sorted(path.name for path in FOLDER.glob("*.zip"))
SHEETS = sorted(path.name for path in FOLDER.glob("*.csv"))
PEOPLE = {"a1": 18, "a2": 8, "a3": 4, "a5": 5}  # with files; a1 also in a version with the suspended student


@pytest.mark.parametrize("name", ZIPS)
def test_a_recorded_zip_is_read(name: str):
    """Every entry belongs to somebody, and nobody has a finding."""
    read_class = read_download(FOLDER / name, time_zone="Europe/Dublin")
    expected = 2 if "group_lab1" in name else PEOPLE[name[:2]] + ("suspended" in name)

    assert expected == len(read_class.submissions)
    assert [] == [sent.findings for sent in read_class.submissions if sent.findings]
    assert ["no worksheet"] == [note.partition(":")[0] for note in read_class.notes]


@pytest.mark.parametrize("name", SHEETS)
def test_a_recorded_worksheet_is_read(name: str):
    """Every row has a status, and every column is understood."""
    sheet = read_worksheet(FOLDER / name)
    people = {"a5_worksheet_group_lab1.csv": 6, "a1_worksheet_with_suspended.csv": 20}.get(name, 19)

    assert people == len(sheet.rows)
    assert len(sheet.header) == len(sheet.columns)
    assert all(row.status for row in sheet.rows)
