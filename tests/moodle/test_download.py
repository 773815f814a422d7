"""Every form that Moodle's download takes is read to the same submissions."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.moodle.files.download import read_download
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet
from autograder.moodle.files.names import moodle_team_name
from tests.moodle.samples import DUE, GOOD, SAVED, make_zip, person, read

PEOPLE = [
    person(41210, "Séan Ó Briain", ("submission.zip", make_zip(GOOD))),
    person(41213, "John Murphy", ("optim.py", b"a = 1\n"), ("notes.txt", b"hello")),
    person(41214, "John Murphy", ("work/optim.py", b"b = 2\n")),
    person(41207, "Ann_Marie_7 de_la_Cruz_99_assignsubmission_file_", ("optim.py", b"c = 3\n")),
    person(41221, 'Pat "Paddy" \\ B O’Neill/Byrne & Co: *?.', ("optim.py", b"d = 4\n")),
    person(41225, "Максимилиан " * 16, ("optim.py", b"e = 5\n")),
    person(41219, "Niamh Ní Dhomhnaill", status="No submission -  - "),
]


def contents(download):
    """Participant id to path to contents."""
    return {sent.participant_id: {file.path: file.data for file in sent.files} for sent in download.submissions}


@pytest.mark.parametrize("options", [{}, {"trailing_underscore": True}], ids=["folders", "older"])
def test_folders_are_read_by_participant_id(tmp_path: Path, options):
    """Two people of one name, a name that imitates a folder and a folder of 300 bytes are distinguished by the id."""
    read_class = read(tmp_path, PEOPLE, **options)

    expected = {
        "41210": GOOD,
        "41213": {"optim.py": b"a = 1\n", "notes.txt": b"hello"},
        "41214": {"work/optim.py": b"b = 2\n"},
        "41207": {"optim.py": b"c = 3\n"},
        "41221": {"optim.py": b"d = 4\n"},
        "41225": {"optim.py": b"e = 5\n"},
        "41219": {},
    }
    assert expected == contents(read_class)
    assert () == read_class.notes


def test_flat_downloads_lose_only_the_folders(tmp_path: Path):
    """Without folders the same files come, under their last names."""
    read_class = read(tmp_path, PEOPLE, flat=True)

    assert {"optim.py": b"b = 2\n"} == contents(read_class)["41214"]
    assert GOOD == contents(read_class)["41210"]
    assert {"optim.py": b"d = 4\n"} == contents(read_class)["41221"]


def test_blind_downloads_have_numbers_for_names(tmp_path: Path):
    """Under blind marking the name is the identifier."""
    read_class = read(tmp_path, PEOPLE[:1], blind=True, worksheet=False)

    assert [("41210", "Participant")] == [(sent.participant_id, sent.name) for sent in read_class.submissions]


def test_a_flat_file_name_that_imitates_another_participant_stays_its_owners(tmp_path: Path):
    """A student's own file name cannot put a file into another student's submission."""
    forged = person(41300, "Mal Ory", ("x_41213_assignsubmission_file_optim.py", b"mine\n"))
    read_class = read(tmp_path, [*PEOPLE, forged], flat=True)

    assert {"optim.py": b"a = 1\n", "notes.txt": b"hello"} == contents(read_class)["41213"]
    assert {"x_41213_assignsubmission_file_optim.py": b"mine\n"} == contents(read_class)["41300"]


def test_a_flat_name_that_can_be_read_two_ways_is_left_out_without_a_worksheet(tmp_path: Path):
    """Where only the worksheet could tell whose a file is, it is nobody's until there is one."""
    forged = person(41300, "A*41213*assignsubmission*file*b", ("optim.py", b"mine\n"))
    read_class = read(tmp_path, [PEOPLE[1], forged], flat=True, worksheet=False)

    assert {"41213": {"optim.py": b"a = 1\n", "notes.txt": b"hello"}} == contents(read_class)
    assert "not one of Moodle's names" in read_class.notes[0]


def test_online_text_has_a_folder_of_its_own(tmp_path: Path):
    """Online text comes as onlinetext/onlinetext.html beside the files."""
    text = SentFile("onlinetext.html", b"<p>hi</p>", SAVED, plugin="onlinetext")
    both = Person(41210, "Ann", status="Submitted for grading", files=(SentFile("a.py", b"1", SAVED), text))

    assert {"a.py": b"1", "onlinetext/onlinetext.html": b"<p>hi</p>"} == contents(read(tmp_path, [both]))["41210"]


def test_drafts_and_reopened_attempts_are_known_by_the_worksheet(tmp_path: Path):
    """The zip does not say that a submission is a draft; the worksheet's Status does."""
    people = [
        person(1, "Draft", ("a.py", b"1"), status="Draft (not submitted) -  - "),
        person(2, "Again", status="Reopened -  - "),
    ]

    assert ["draft", "reopened"] == [sent.status for sent in read(tmp_path, people).submissions]


def test_a_submission_that_the_download_lacks_is_not_graded(tmp_path: Path):
    """A row that says submitted, without a file, is a wrong pair of files, not a student's fault."""
    missing = Person(
        7, "Not There", status="Submitted for grading -  - ", submitted="Thursday, 12 February 2026, 10:03 AM"
    )
    read_class = read(tmp_path, [PEOPLE[0], missing])

    assert ["41210"] == [sent.participant_id for sent in read_class.submissions]
    assert "Participant 7" in read_class.notes[0]


def test_someone_without_a_row_is_kept_and_noted(tmp_path: Path):
    """A suspended student who is in the zip only is graded, and the TA reads it."""
    (tmp_path / "download.zip").write_bytes(build_download(PEOPLE[:2]))
    (tmp_path / "worksheet.csv").write_bytes(build_worksheet(PEOPLE[:1]))
    read_class = read_download(tmp_path / "download.zip", tmp_path / "worksheet.csv", time_zone="Europe/Dublin")

    assert ["41210", "41213"] == [sent.participant_id for sent in read_class.submissions]
    assert "41213 (John Murphy): in the download, but without a row" in read_class.notes[0]


def test_a_worksheet_of_another_assignment_is_refused(tmp_path: Path):
    """Participant ids differ for each assignment, so no row fits."""
    (tmp_path / "download.zip").write_bytes(build_download(PEOPLE[:2]))
    (tmp_path / "worksheet.csv").write_bytes(build_worksheet([person(9, "Other")]))

    with pytest.raises(UsageError, match="another assignment"):
        read_download(tmp_path / "download.zip", tmp_path / "worksheet.csv", time_zone="Europe/Dublin")


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"not a zip", make_zip({"scratch/optim.py": b""})])
def test_what_is_no_download_is_refused_in_words(tmp_path: Path, data: bytes):
    """Damaged files and a student's own zip are usage errors that say what to give."""
    (tmp_path / "x.zip").write_bytes(data)

    with pytest.raises(UsageError, match="download"):
        read_download(tmp_path / "x.zip", time_zone="Europe/Dublin")


def test_teams_have_one_submission_and_many_members(tmp_path: Path):
    """The zip has group ids, the worksheet has the members; two teams of one name differ by their time."""
    late = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)
    teams = [
        Person(513, "Team_α: Backprop", files=(SentFile("rnn.py", b"1", SAVED),)),
        Person(514, "Team 2", files=(SentFile("rnn.py", b"2", SAVED),)),
        Person(515, "Team 2", files=(SentFile("rnn.py", b"3", late),)),
        Person(None, "Default group", files=(SentFile("rnn.py", b"4", SAVED),)),
    ]
    early_text, late_text = "Thursday, 12 February 2026, 10:03 AM", "Monday, 16 February 2026, 12:00 PM"
    rows = [
        Person(1, "A", group="Team_α: Backprop", status="Submitted for grading", submitted=early_text),
        Person(2, "B", group="Team 2", status="Submitted for grading", submitted=early_text),
        Person(3, "C", group="Team 2", status="Submitted for grading - 1 day 19 hours late", submitted=late_text),
        Person(4, "D", group="Team 2", status="Submitted for grading", submitted=early_text),
        Person(5, "E", group="Default group", status="Submitted for grading", submitted=early_text),
    ]
    (tmp_path / "download.zip").write_bytes(build_download(teams))
    (tmp_path / "worksheet.csv").write_bytes(build_worksheet(rows, groups=True))
    read_class = read_download(
        tmp_path / "download.zip", tmp_path / "worksheet.csv", time_zone="Europe/Dublin", due_at=DUE
    )

    expected = {"group-513": ("1",), "group-514": ("2", "4"), "group-515": ("3",), "group-none": ("5",)}
    assert expected == read_class.members
    assert 154_800 == read_class.submissions[2].lateness.late_seconds


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Ann & Bob", "Ann amp; Bob"),
        ('Loss < 0.1 & "rising"', "Loss lt; 0.1 amp; rising"),
        ("a&lt;b", "alt;b"),
        ("<b>bold</b> 2 > 1", "bold 2 gt; 1"),
        ("Team_α: what?", "Team α what_"),
    ],
)
def test_a_teams_name_is_escaped_before_it_is_cleaned(tmp_path: Path, name: str, folder: str):
    """Moodle shows a team's name on a page first; the member is found by what the worksheet has."""
    (tmp_path / "d.zip").write_bytes(
        build_download([Person(513, name, files=(SentFile("a.py", b"1", SAVED),))], teams=True)
    )
    (tmp_path / "w.csv").write_bytes(build_worksheet([Person(1, "A", group=name)], groups=True))
    read_class = read_download(tmp_path / "d.zip", tmp_path / "w.csv", time_zone="UTC")

    assert folder == moodle_team_name(name)
    assert ("1",) == read_class.members["group-513"]


def test_the_submission_of_no_team_is_nobodys_until_a_person_states_whose(tmp_path: Path):
    """Moodle keeps one for everybody without a team: whoever submitted last."""
    when = "Thursday, 12 February 2026, 10:03 AM"
    rows = [
        Person(number, "X", group="Default group", status="Submitted for grading", submitted=when)
        for number in (1, 2, 3)
    ]
    download = build_download([Person(None, "Default group", files=(SentFile("a.py", b"1", SAVED),))])
    (tmp_path / "d.zip").write_bytes(download)
    (tmp_path / "w.csv").write_bytes(build_worksheet(rows, groups=True))

    def read(**groups: str):
        return read_download(tmp_path / "d.zip", tmp_path / "w.csv", time_zone="UTC", groups=groups)

    asked, stated = read(), read(**{"2": "0", "3": "0"})
    assert ({"group-none": ()}, {"group-none": ("2", "3")}) == (asked.members, stated.members)
    assert ["--team 1=0" in note for note in asked.notes] == [True]
    assert ["1 are in no team" in note for note in stated.notes] == [True]


def test_a_folder_of_submissions_is_read_by_its_names(tmp_path: Path):
    """One sub-folder or zip for each student; links are left out; odd names get safe keys."""
    (tmp_path / "ann" / "scratch").mkdir(parents=True)
    (tmp_path / "ann" / "scratch" / "optim.py").write_bytes(b"1")
    (tmp_path / "ann" / "link.py").symlink_to("/etc/passwd")
    (tmp_path / "ben.zip").write_bytes(make_zip(GOOD))
    (tmp_path / "..cé =1").mkdir()
    (tmp_path / "Zoë_41223_assignsubmission_file").mkdir()
    (tmp_path / "Zoë_41223_assignsubmission_file" / "a.py").write_bytes(b"2")
    read_class = read_download(tmp_path, time_zone="Europe/Dublin")

    assert {"ann": {"scratch/optim.py": b"1"}, "ben": GOOD, "41223": {"a.py": b"2"}} == contents(read_class)
    assert "a link or a device" in read_class.submissions[1].findings[0].message


def teams_of(tmp_path: Path, rows: list[Person], **options):
    """A class with two teams of one name, whose files were saved in the same minute."""
    teams = [Person(514 + place, "Team 2", files=(SentFile("rnn.py", b"%d" % place, SAVED),)) for place in range(2)]
    (tmp_path / "download.zip").write_bytes(build_download(teams))
    (tmp_path / "worksheet.csv").write_bytes(build_worksheet(rows, groups=True))
    return read_download(tmp_path / "download.zip", tmp_path / "worksheet.csv", time_zone="Europe/Dublin", **options)


def test_two_teams_that_cannot_be_distinguished_are_named_with_both_numbers(tmp_path: Path):
    """Nobody is put into a team by guessing; a person states it."""
    when = "Thursday, 12 February 2026, 10:03 AM"
    rows = [Person(1, "A", group="Team 2", status="Submitted for grading", submitted=when)]
    rows += [Person(2, "B", group="Gone", status="Submitted for grading", submitted=when)]
    rows += [Person(3, "C", group="Gone")]
    unclear = teams_of(tmp_path, rows)

    assert {} == {key: ids for key, ids in unclear.members.items() if ids and key.startswith("group-")}
    (first, second) = [note for note in unclear.notes if "its team" in note]
    assert "1=514 or 1=515" in first
    assert "no folder has this name" in second
    stated = teams_of(tmp_path, rows, groups={"1": "515", "2": "514"})
    assert {"group-514": ("2",), "group-515": ("1",)} == {
        key: ids for key, ids in stated.members.items() if key.startswith("group-")
    }


def test_a_team_whose_dates_cannot_be_read_is_not_guessed(tmp_path: Path):
    """No date in the row, and a date in the zip that does not exist."""
    rows = [Person(1, "A", group="Team 2", status="Submitted for grading", submitted="-")]

    assert [note for note in teams_of(tmp_path, rows).notes if "1=514 or 1=515" in note]
    data = (tmp_path / "download.zip").read_bytes()
    date = (2026 - 1980) << 9 | 2 << 5 | 12
    (tmp_path / "download.zip").write_bytes(data.replace(date.to_bytes(2, "little"), (date + 19).to_bytes(2, "little")))
    read_class = read_download(tmp_path / "download.zip", tmp_path / "worksheet.csv", time_zone="Europe/Dublin")
    assert [note for note in read_class.notes if "1=514 or 1=515" in note]
