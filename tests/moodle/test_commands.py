"""The moodle commands, from the command line to the files and the test server."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from autograder.cli import moodle as commands
from autograder.cli.moodle_settings import optional_zone
from autograder.errors import UsageError
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.moodle_writer import Person, SentFile, build_download, build_worksheet
from autograder.moodle.files.outgoing import write_worksheet
from autograder.moodle.files.worksheet import read_worksheet
from tests.builders.feedback import feedback_zip
from tests.moodle.samples import SAVED
from tests.moodle_server.sample import TOKEN, connect, make_site
from tests.moodle_server.site import Site

PEOPLE = [Person(1, "Ann\x1b[31m Byrne"), Person(2, "Ben Ó Cinnéide", can_change=False)]


ROOT = Path(__file__).parents[2]


def run(*arguments: object, course: Path | None = None) -> Result:
    """Run a command in a course's folder, by default this one; its own errors are in the result."""
    return CliRunner().invoke(
        commands.moodle, [str(one) for one in arguments], obj=course or ROOT, catch_exceptions=True
    )


def course_of(folder: Path, **changes: str) -> Path:
    """A folder with a grading.yml that differs from this course's."""
    text = (ROOT / "grading.yml").read_text("utf-8")
    for key, value in changes.items():
        text, count = re.subn(rf"^  {key}: .*$", f"  {key}: {value}", text, count=1, flags=re.MULTILINE)
        assert 1 == count
    folder.mkdir()
    (folder / "grading.yml").write_text(text, "utf-8")
    return folder


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """The worksheet as downloaded now."""
    path = tmp_path / "now.csv"
    path.write_bytes(build_worksheet(PEOPLE))
    return path


def test_forecast_of_a_worksheet(tmp_path: Path, known: Path):
    """Each row's effect, the sum, and exit code 1 where something is skipped."""
    upload = tmp_path / "out.csv"
    upload.write_text(
        "Identifier,Grade,Last modified (grade),Feedback comments\nParticipant 1,66,-,<p>x</p>\nParticipant 2,67,-,y\n"
    )
    result = run("forecast", upload, "--now", known)

    assert 1 == result.exit_code
    assert "Participant 2 Ben Ó Cinnéide: grade skipped 67.00 (locked or overridden in the gradebook)" in result.output
    assert "3 set, 0 erased, 0 same, 1 skipped" in result.output
    assert "\x1b" not in result.output


def test_forecast_of_a_refused_file_is_a_usage_error(tmp_path: Path, known: Path):
    """Nothing at all would be applied."""
    (tmp_path / "w.csv").write_text("Identifier;Grade\n")

    assert isinstance(run("forecast", tmp_path / "w.csv", "--now", known).exception, UsageError)


def test_forecast_of_a_zip(tmp_path: Path, known: Path):
    """Files by participant; unknown ones are named."""
    (tmp_path / "f.zip").write_bytes(feedback_zip({"1": {"f.html": b"x"}, "9": {"f.html": b"x"}}))
    result = run("forecast", tmp_path / "f.zip", "--now", known)

    assert 1 == result.exit_code
    assert "1 file will be released, 1 skipped" in result.output


def test_forecast_of_a_teams_zip_needs_the_teams_numbers(tmp_path: Path):
    """The worksheet has the teams' names only; the download has their numbers."""
    (tmp_path / "now.csv").write_bytes(build_worksheet([Person(1, "Ann", group="Team 2")], groups=True))
    (tmp_path / "f.zip").write_bytes(feedback_zip({"514": {"f.html": b"x"}}))
    (tmp_path / "d.zip").write_bytes(build_download([Person(514, "Team 2", files=(SentFile("a", b"", SAVED),))]))
    arguments = ["forecast", tmp_path / "f.zip", "--now", tmp_path / "now.csv"]

    assert isinstance(run(*arguments).exception, UsageError)
    assert "1 file will be released, 0 skipped" in run(*arguments, "--download", tmp_path / "d.zip").output


def test_verify(tmp_path: Path, known: Path):
    """Exit code 0 when all arrived, 1 and the differences otherwise."""
    sent = tmp_path / "sent.csv"
    sent.write_bytes(write_worksheet(read_worksheet(known), {"1": OutgoingGrade(66, "<p>x</p>")}).data)
    (tmp_path / "good.csv").write_bytes(build_worksheet([Person(1, "Ann", grade="66.00", comment="x   ")]))

    assert 0 == run("verify", sent, tmp_path / "good.csv").exit_code
    result = run("verify", sent, known)
    assert 1 == result.exit_code
    assert "1 row sent, 2 differences" in result.output


def test_pull_push_status_and_undo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The whole way through the web services, with the files that grading writes in between."""
    site = make_site()
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", TOKEN)
    monkeypatch.setattr(commands, "open_client", lambda site_, token: connect(site))
    where = ["COMP47650", "Optimisers", "--site", site.url]
    log = ["--out", tmp_path / "log.jsonl"]
    folder = tmp_path / "pulled"
    assert "4 of 5 have submitted something" in run("pull", *where, "--folder", folder).output

    worksheet, feedback = tmp_path / "out.csv", tmp_path / "feedback.zip"
    marks = {"41001": OutgoingGrade(70, "<p>a</p>"), "41002": OutgoingGrade(71, "<p>b</p>")}
    worksheet.write_bytes(write_worksheet(read_worksheet(folder / "worksheet.csv"), marks).data)
    feedback.write_bytes(feedback_zip({key: {"feedback.html": b"<p>"} for key in (*marks, "41003")}))
    send = ["push", *where, *log, "--worksheet", worksheet, "--feedback", feedback, "--pulled", folder, "--run", "one"]
    dry, first, second = run(*send, "--dry-run"), run(*send), run(*send)
    assert "run one: 3 would be sent" in dry.output
    assert "run one: 3 sent" in first.output
    assert "run one: 3 already there" in second.output

    status = run("status", *where, *log).output
    assert "5 people, 2 graded, 3 sent by this log" in status
    assert "submitted, nothing sent: 41004" in status
    assert "undo of one: 3 sent" in run("undo", *where, "one", *log).output
    assert [-1.0, -1.0, -1.0] == [one.grade for one in site.modules[301].grades]
    assert not any(TOKEN in result.output for result in (dry, first, second))


def test_a_file_that_is_no_feedback_zip_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing is sent when one of the files is wrong."""
    site = make_site()
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", TOKEN)
    monkeypatch.setattr(commands, "open_client", lambda site_, token: connect(site))
    (tmp_path / "w.csv").write_text("Identifier,Grade,Last modified (grade)\nParticipant 41001,50,-\n")
    (tmp_path / "f.zip").write_bytes(b"no zip")
    where = ["COMP47650", "Optimisers", "--site", site.url, "--out", tmp_path / "log"]
    result = run("push", *where, "--worksheet", tmp_path / "w.csv", "--feedback", tmp_path / "f.zip")

    assert isinstance(result.exception, UsageError)
    assert {} == site.saves


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site whose assignment is due on 13 February 2026 at 15:20 UTC, that the commands reach."""
    site = make_site()
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", TOKEN)
    monkeypatch.setattr(commands, "open_client", lambda site_, token: connect(site))
    return site


@pytest.mark.parametrize(
    ("changes", "options", "when"),
    [
        ({"time_zone": "America/New_York"}, [], "10:20 AM"),
        ({"time_zone": "Asia/Tokyo"}, [], "12:20 AM"),
        ({"time_zone": "Asia/Tokyo"}, ["--time-zone", "Europe/Dublin"], "3:20 PM"),
    ],
)
def test_dates_are_in_the_modules_zone(tmp_path: Path, site: Site, changes, options: list[str], when: str):
    """grading.yml says which zone; an option on the command line wins."""
    course = course_of(tmp_path / "course", **changes)
    where = ["COMP47650", "Optimisers", "--site", site.url, "--folder", tmp_path / "p"]

    assert 0 == run("pull", *where, *options, course=course).exit_code
    assert when in read_worksheet(tmp_path / "p" / "worksheet.csv").rows[0].due


def test_without_a_course_the_zone_must_be_given(tmp_path: Path, site: Site):
    """No zone is taken for granted; with the option no course is needed."""
    where = ["pull", "COMP47650", "Optimisers", "--site", site.url, "--folder", tmp_path / "p"]

    assert "there is no grading.yml" in str(run(*where, course=tmp_path).exception)
    assert 0 == run(*where, "--time-zone", "UTC", course=tmp_path).exit_code
    assert "not a time zone" in str(run(*where, "--time-zone", "Mars/Base", course=tmp_path).exception)


def test_another_maximum_is_an_error_that_names_both(tmp_path: Path, site: Site, known: Path):
    """10 in grading.yml, 100 in Moodle: by files and by web services nothing is read or sent."""
    course = course_of(tmp_path / "course", grade_maximum="10")
    (tmp_path / "w.csv").write_text("Identifier,Grade,Last modified (grade)\nParticipant 41001,5,-\n")
    where = ["COMP47650", "Optimisers", "--site", site.url]
    for command in (
        ["forecast", tmp_path / "w.csv", "--now", known],
        ["pull", *where, "--folder", tmp_path / "p"],
        ["push", *where, "--out", tmp_path / "log", "--worksheet", tmp_path / "w.csv"],
    ):
        error = run(*command, course=course).exception

        assert isinstance(error, UsageError)
        assert re.search(r"100.*moodle\.grade_maximum: 10;", str(error))
        error = run(*command, "--maximum", "100", course=course).exception
        assert "grade_maximum" not in str(error)


def test_the_decimal_sign_is_the_one_that_the_account_has(tmp_path: Path, known: Path):
    """An account whose worksheet has 100,00 reads 66,5 as 66.5, one with 100.00 as 66, whatever grading.yml says."""
    (tmp_path / "w.csv").write_text('Identifier,Grade,Last modified (grade)\nParticipant 1,"66,5",-\n')
    command = ["forecast", tmp_path / "w.csv", "--now", known]

    assert "66.00" in run(*command, course=course_of(tmp_path / "de", language="de")).output
    known.write_text(known.read_text("utf-8-sig").replace("100.00", '"100,00"'), "utf-8")
    assert "66.50" in run(*command, course=course_of(tmp_path / "en")).output
    unknown = run(*command, course=course_of(tmp_path / "xx", language="xx")).exception
    assert "the words of 'xx' are not known; allowed: de, en" in str(unknown)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path, known: Path):
    """With what Moodle loses, and exit code 1; what will be there is in the list."""
    (tmp_path / "w.csv").write_bytes(
        "Identifier,Grade,Last modified (grade),Feedback comments\nParticipant 1,66,-,naïve\n".encode("utf-16")
    )
    result = run("forecast", tmp_path / "w.csv", "--now", known, course=course_of(tmp_path / "en"))

    assert 1 == result.exit_code
    assert "Save the file as UTF-8: the file is UTF-16, and Moodle loses or changes every letter" in result.output
    assert "nave" in result.output


def test_times_in_messages_about_the_gradebook_are_the_modules(tmp_path: Path) -> None:
    """By grading.yml; without one, or with a faulty one, in UTC: what was sent can be undone all the same."""
    assert "UTC" == optional_zone(tmp_path)
    (tmp_path / "grading.yml").write_bytes((ROOT / "grading.yml").read_bytes())
    assert "Europe/Dublin" == optional_zone(tmp_path)
    (tmp_path / "grading.yml").write_text("module: [\n", encoding="utf-8")
    assert "UTC" == optional_zone(tmp_path)
