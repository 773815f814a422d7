"""Every recorded download is read, and each of its people has what they sent."""

from datetime import UTC, datetime

import pytest

from autograder.moodle.files.download import read_download
from tests.moodle.recordings import needs_recordings, recordings_folder

pytestmark = needs_recordings
DUE = datetime(2025, 2, 14, 17, tzinfo=UTC)


def read(name: str, sheet: str):
    """A recorded download with its worksheet."""
    folder = recordings_folder() / "download"
    return read_download(folder / name, folder / sheet, time_zone="Europe/Dublin", due_at=DUE)


@pytest.mark.parametrize("form", ["folders", "flat"])
@pytest.mark.parametrize(
    ("assignment", "people", "late"),
    [
        ("a1", 19, {"41222": 91_800, "41217": 123_600}),
        ("a2", 19, {"41234": 61_200, "41231": 61_200, "41230": 147_600}),
        ("a3", 4, {"group-515": 154_800}),
        ("a5", 19, {"41297": 61_200}),
    ],
)
def test_a_recorded_class_is_read(assignment: str, form: str, people: int, late: dict[str, int]):
    """People and lateness are those of the running Moodle; the one note is on the submission of no team."""
    read_class = read(f"{assignment}_{form}.zip", f"{assignment}_worksheet.csv")
    found = {sent.participant_id: sent.lateness.late_seconds for sent in read_class.submissions}

    assert people == len(found)
    assert late == {key: seconds for key, seconds in found.items() if seconds}
    assert ["no team"] * (assignment == "a3") == [note.partition(":")[0] for note in read_class.notes]
    assert [] == [sent.findings for sent in read_class.submissions if sent.findings]


def test_statuses_and_sources_are_moodles():
    """One draft; an override of a user and one of a group; an extension for somebody who sent nothing."""
    a5 = {sent.participant_id: sent for sent in read("a5_folders.zip", "a5_worksheet.csv").submissions}
    a1 = {sent.participant_id: sent for sent in read("a1_folders.zip", "a1_worksheet.csv").submissions}

    assert ["41300"] == [key for key, sent in a5.items() if sent.status == "draft"]
    assert {"41303", "41299"} == {key for key, sent in a5.items() if sent.files and sent.lateness.source == "override"}
    assert ("none", "extension") == (a1["41219"].status, a1["41219"].lateness.source)
    assert datetime(2025, 2, 21, 17, tzinfo=UTC) == a1["41218"].lateness.due_at


MORE = recordings_folder() / "more" / "download"


@pytest.mark.skipif(not MORE.is_dir(), reason="no recordings of a real class's faults here")
@pytest.mark.parametrize("form", ["folders", "flat"])
def test_teams_whose_names_moodle_escapes_are_found(form: str):
    """Ann & Bob's folder is "Ann amp; Bob"; the submission of no team is nobody's until a person states whose."""
    zips, sheet = MORE / f"b4_{form}.zip", MORE / "b4_worksheet.csv"
    read_class = read_download(zips, sheet, time_zone="Europe/Dublin", due_at=DUE)
    stated = read_download(zips, sheet, time_zone="Europe/Dublin", due_at=DUE, groups={"42245": "0"})
    teams = {"group-531": ("42246", "42251"), "group-532": ("42248", "42254"), "group-533": ("42247",)}

    assert {**teams, "group-none": ()} == {key: ids for key, ids in read_class.members.items() if "group" in key}
    assert ("42245",) == stated.members["group-none"]
    assert "no team" == read_class.notes[0].partition(":")[0]
    assert "(42245, 42252, 42250)" in read_class.notes[0]
    assert "42252, 42250 are in no team either" in stated.notes[0]


@pytest.mark.skipif(not MORE.is_dir(), reason="no recordings of a real class's faults here")
@pytest.mark.parametrize(("sheet", "active"), [("b1_worksheet.csv", 10), ("b1_worksheet_with_suspended.csv", 13)])
def test_suspended_people_are_read_where_moodle_lists_them(sheet: str, active: int):
    """Two of them have submitted."""
    name = "b1_folders.zip" if active == 10 else "b1_folders_with_suspended.zip"
    read_class = read_download(MORE / name, MORE / sheet, time_zone="Europe/Dublin", due_at=DUE)

    assert (active, 5 if active == 10 else 7) == (
        len(read_class.submissions),
        sum(bool(sent.files) for sent in read_class.submissions),
    )


def test_nested_zips_and_clutter_of_the_recording():
    """outer.zip holds inner.zip, __MACOSX and .DS_Store; one file remains."""
    a1 = {sent.participant_id: sent for sent in read("a1_folders.zip", "a1_worksheet.csv").submissions}

    assert ["solution.py"] == [file.path for file in a1["41221"].files]
    assert ["src/solution.py", "src/util/helpers.py", "top.py"] == [file.path for file in a1["41208"].files]


def test_one_group_of_a_class():
    """With the worksheet of all, those of the other group are noted and not graded as missing."""
    lab = read("a5_folders_group_lab1.zip", "a5_worksheet_group_lab1.csv")
    mixed = read("a5_folders_group_lab1.zip", "a5_worksheet.csv")

    assert (6, ()) == (len(lab.submissions), lab.notes)
    assert ["Participant 41299", "Participant 41303"] == [note.split(":")[0] for note in mixed.notes]


@pytest.mark.parametrize("sheet", ["a1_worksheet_tutor.csv", "a1_worksheet_decimal_comma.csv"])
def test_other_readers_of_the_same_assignment(sheet: str):
    """A tutor's worksheet and one with decimal commas say the same."""
    plain, other = read("a1_folders.zip", "a1_worksheet.csv"), read("a1_folders.zip", sheet)

    assert plain.submissions == other.submissions
