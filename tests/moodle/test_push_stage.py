"""push --stage, from the gradebook's marks to the form in Moodle."""

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from autograder.cli import moodle as commands
from autograder.errors import UsageError
from autograder.gradebook import open_gradebook
from autograder.gradebook.book import Mark
from autograder.intake.lms import OutgoingGrade
from autograder.model import Grade, Score, Visibility
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.outgoing import write_worksheet
from autograder.moodle.files.worksheet import parse_worksheet
from tests.moodle_server.sample import TOKEN, connect, make_site
from tests.moodle_server.site import Site

ROOT = Path(__file__).parents[2]
STAGE = "s04_optimisers"
NAMES = {"tests": 90, "clarity": 5, "written": 5}
GUIDE = [
    {"id": place, "shortname": name.title(), "description": "", "maxscore": top}
    for place, (name, top) in enumerate(NAMES.items(), start=7)
]


def mark(key: str, tests: tuple[float, float], clarity: float | None, points: float) -> Mark:
    """A mark of two tests and the rubric; the written answer has 4 points."""
    scores = tuple(
        Score(f"test_{one}", visibility, one, 45)
        for one, visibility in zip(tests, (Visibility.PUBLIC, Visibility.HIDDEN), strict=True)
    )
    return Mark(STAGE, Grade(key, points, 100, scores, rubric={"clarity": clarity, "written": 4}), None, "p")


def push(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    """Marks of three people: as their criteria give, late by ten points, and with a criterion that is not marked."""
    url = f"sqlite:///{folder / 'gradebook.db'}"
    if not (folder / "gradebook.db").exists():
        with closing(open_gradebook(url, time_zone="UTC")) as book:
            for one in (
                mark("41001", (45, 40.5), 3.5, 93),
                mark("41002", (45, 45), 5, 89),
                mark("41003", (0, 0), None, 4),
            ):
                book.add_mark(one)
    sheet = parse_worksheet(build_worksheet([Person(41001 + place, "A") for place in range(3)]), source="w.csv")
    grades = {f"4100{place}": OutgoingGrade(points, "<p>x</p>") for place, points in ((1, 93), (2, 89), (3, 4))}
    (folder / "w.csv").write_bytes(write_worksheet(sheet, grades).data)
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", TOKEN)
    monkeypatch.setattr(commands, "open_client", lambda *_: connect(site))
    place = ["--worksheet", str(folder / "w.csv"), "--site", site.url, "--maximum", "100", "--gradebook", url]
    return CliRunner().invoke(commands.moodle, ["push", "COMP47650", "Optimisers", *place, *options], obj=ROOT)


def test_the_gradebooks_points_fill_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Tests together and each criterion; who is late or not marked yet is named and left out."""
    site = make_site()
    site.modules[301].guide = GUIDE
    result = push(site, tmp_path, monkeypatch, "--stage", "s04")

    (instance,) = site.modules[301].instances.values()
    assert [85.5, 3.5, 4] == [one["score"] for one in instance["guide"]["criteria"]]
    assert {3001: 93.0} == {one.user: one.grade for one in site.modules[301].grades}
    assert "the criteria give 99, the mark is 89" in result.output
    assert "41003" in result.output
    assert "no points by criteria" in result.output
    assert 1 == result.exit_code


@pytest.mark.parametrize("dry_run", [["--dry-run"], []])
def test_without_a_stage_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dry_run: list[str]):
    """The message names the option."""
    site = make_site()
    site.modules[301].guide = GUIDE
    result = push(site, tmp_path, monkeypatch, *dry_run)

    assert isinstance(result.exception, UsageError)
    assert "give --stage" in str(result.exception)
    assert {} == site.saves


def test_where_marks_are_numbers_a_stage_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """All three are sent."""
    site = make_site()
    result = push(site, tmp_path, monkeypatch, "--stage", STAGE)

    assert 0 == result.exit_code, result.output
    assert {3001: 93.0, 3002: 89.0, 3003: 4.0} == {one.user: one.grade for one in site.modules[301].grades}
