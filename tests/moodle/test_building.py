"""What the builder writes is what a running Moodle wrote, byte for byte."""

import zipfile
from datetime import UTC, datetime

import pytest

from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet
from autograder.moodle.files.names import parse_entry
from autograder.moodle.files.worksheet import read_worksheet
from tests.moodle.recordings import needs_recordings, recordings_folder

pytestmark = needs_recordings


def people_of(name: str) -> list[Person]:
    """The people of a recorded download, under the names of its worksheet."""
    folder = recordings_folder() / "download"
    assignment = name.partition("_")[0]
    rows = read_worksheet(folder / f"{assignment}_worksheet.csv").by_id
    files: dict[tuple[str, str], list[SentFile]] = {}
    with zipfile.ZipFile(folder / f"{name}.zip") as archive:
        for entry in archive.infolist():
            (said,) = parse_entry(entry.filename)
            sent = SentFile(said.path, archive.read(entry), datetime(*entry.date_time, tzinfo=UTC), said.kind)
            files.setdefault((said.number, said.name), []).append(sent)
    return [
        Person(
            int(number) if number else None, (rows[number].name if number in rows else "") or owner, files=tuple(sent)
        )
        for (number, owner), sent in files.items()
    ]


@pytest.mark.parametrize("form", ["folders", "flat"])
@pytest.mark.parametrize("assignment", ["a1", "a2", "a3", "a5"])
def test_a_recorded_download_is_reproduced(assignment: str, form: str):
    """Flags, versions, zip64 fields, descriptors and times are Moodle's."""
    name = f"{assignment}_{form}"
    recorded = (recordings_folder() / "download" / f"{name}.zip").read_bytes()

    assert recorded == build_download(people_of(name), flat=form == "flat")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a1_worksheet", {}),
        ("a1_worksheet_with_suspended", {}),
        ("a3_worksheet", {"groups": True}),
        ("a5_worksheet", {"maximum": "10.00", "due_dates": True}),
        ("a5_worksheet_group_lab1", {"maximum": "10.00", "due_dates": True}),
    ],
)
def test_a_recorded_worksheet_is_reproduced(name: str, options: dict):
    """Byte order mark, line ends, quotes and the ragged Status are Moodle's."""
    path = recordings_folder() / "download" / f"{name}.csv"
    sheet = read_worksheet(path)
    place = sheet.columns["status"]
    statuses = [line[place] for line in cells_of(path)]
    people = [
        Person(
            int(row.participant_id),
            row.name,
            row.id_number,
            row.email,
            status,
            row.due,
            row.group,
            row.grade_text,
            row.can_change,
            row.submitted,
            row.graded,
            row.comment,
        )
        for row, status in zip(sheet.rows, statuses, strict=True)
    ]

    assert path.read_bytes() == build_worksheet(people, **options)


def cells_of(path):
    """The cells of each row after the header."""
    from autograder.moodle.files.csvtext import parse_csv

    return [cells for _, cells in parse_csv(path.read_text("utf-8-sig"))[1:]]
