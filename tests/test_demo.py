"""make demo: a class of invented people, graded as Moodle would hand it over."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.demo.attempts import PEOPLE
from autograder.demo.moodle_class import STAGE, build_class
from autograder.moodle.files.download import read_download


def test_the_class_reads_like_a_genuine_download(course: Course, tmp_path: Path) -> None:
    """Everybody is found by their number, with their files; late is who is late."""
    demo = build_class(course.stage(STAGE))
    (tmp_path / "d.zip").write_bytes(demo.download)
    (tmp_path / "w.csv").write_bytes(demo.worksheet)
    due = course.stage(STAGE).policy.due
    download = read_download(tmp_path / "d.zip", tmp_path / "w.csv", time_zone="Europe/Dublin", due_at=due)
    found = {one.participant_id: one for one in download.submissions}

    assert {person.participant_id for person in PEOPLE} == found.keys()
    assert {person.participant_id for person in PEOPLE if person.attempt and person.attempt.submitted > due} == {
        key for key, one in found.items() if one.lateness.late_seconds
    }


def test_the_class_is_the_same_each_time(course: Course) -> None:
    """No date and no random number of today is in it."""
    assert build_class(course.stage(STAGE)) == build_class(course.stage(STAGE))


@pytest.mark.slow
def test_the_demo_marks_everybody_rightly(tmp_path: Path) -> None:
    """The good get full points of the tests, the hostile next to none, and nobody's text reaches another."""
    from tests.cli.test_commands import run

    done = run("demo", "--out", str(tmp_path / "demo"))
    assert 0 == done.returncode, done.stderr
    folder = tmp_path / "demo" / STAGE
    rows = {row[0]: row for row in csv.reader(io.StringIO((folder / "worksheet.csv").read_text("utf-8-sig")))}
    grades = {key.removeprefix("Participant "): float(row[1]) for key, row in rows.items() if key != "Identifier"}
    slugs = {person.slug: person.participant_id for person in PEOPLE}

    assert min(grades[slugs[name]] for name in ("sean", "hong", "jose")) >= 95
    assert grades[slugs["formula"]] <= 5
    assert 0 == grades[slugs["niamh"]]
    assert slugs["dara"] not in grades
    with zipfile.ZipFile(folder / "feedback.zip") as archive:
        pages = {name.split("_")[1]: archive.read(name).decode() for name in archive.namelist()}
    assert grades.keys() == pages.keys()
    for number, page in pages.items():
        assert [] == [other for other in grades if other != number and f"participant {other}" in page]
