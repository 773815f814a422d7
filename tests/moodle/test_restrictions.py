"""Where Moodle would not take the grade, neither comment nor file is sent; a rubric's grade is never deleted."""

import io
import zipfile
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.publication import publication
from autograder.moodle.files.worksheet import parse_worksheet, read_worksheet
from autograder.moodle.web.pull import pull
from autograder.moodle.web.push import PushOptions, Sent
from autograder.moodle.web.remote import find_assignment
from tests.moodle.logs import log_at
from tests.moodle.pushing import held, send, take_back
from tests.moodle_server.sample import ABOUT, connect, make_site
from tests.moodle_server.site import Grade, StoredFile

MARK = {"41001": OutgoingGrade(97, "<p>97</p>")}
REPORT = {"41001": {"report.html": b"97"}}
LEVELS = [{"id": 1, "score": 0}, {"id": 2, "score": 100}]
CRITERIA = [{"id": 1, "description": "a", "shortname": "a", "maxscore": 100, "levels": LEVELS}]


@pytest.mark.parametrize("word", ["locked", "overridden"])
def test_nothing_is_sent_where_the_gradebook_keeps_its_grade(tmp_path: Path, word: str):
    """A student would read 97 in the file and 50 in Moodle; forced or not."""
    site = make_site()
    module = site.modules[301]
    module.grades.append(Grade(1, 3001, 0, 50.0, 1, 1, 2002, "<p>50</p>", {"/n.txt": StoredFile(b"n", 1)}))
    module.disabled, module.overridden = {3001}, {3001} if word == "overridden" else set()
    entries = send(site, log_at(tmp_path / "log"), MARK, REPORT, PushOptions(run="a", force=True))

    assert (Sent.LEFT_OUT, {}) == (entries["41001"].result, site.saves)
    assert word in entries["41001"].why
    client = connect(site)
    pulled = pull(client, find_assignment(client, "COMP47650", "Optimisers"), tmp_path, time_zone="UTC")
    assert [False, True, True, True, True] == [row.can_change for row in read_worksheet(pulled.worksheet).rows]


@pytest.mark.parametrize("kept", ["locked", "typed", ""])
def test_a_page_goes_only_where_the_mark_goes(kept: str):
    """Locked or overridden in the gradebook, or set by a person in Moodle: then the page is not in the zip either."""
    rows = [
        Person(41001, "A", can_change=kept != "locked", grade="88.00" if kept == "typed" else ""),
        Person(41002, "B"),
    ]
    sheet = parse_worksheet(build_worksheet(rows), source="w.csv")
    marks = {key: OutgoingGrade(97, "<p>97</p>") for key in ("41001", "41002")}
    pages = {key: {"feedback.html": b"97"} for key in marks}
    made = publication((), sheet, {}, marks, pages, time_zone="UTC", earlier={})
    stream = io.BytesIO()
    next(file for file in made.files if file.label == "feedback").write(stream)
    with zipfile.ZipFile(stream) as archive:
        numbers = {name.split("_")[1] for name in archive.namelist()}

    assert ({"41002"} if kept else {"41001", "41002"}) == numbers
    assert bool(kept) == any("not in feedback.zip" in note and "41001" in note for note in made.notes)


def test_undo_leaves_a_mark_that_was_locked_since(tmp_path: Path):
    """The grade would stay and comment and file would go."""
    site, log = make_site(), log_at(tmp_path / "log")
    send(site, log, MARK, REPORT)
    site.modules[301].disabled = {3001}

    assert Sent.LEFT_OUT == take_back(site, log, "first")["41001"].result
    assert (97.0, "<p>97</p>") == (held(site, "41001").grade, held(site, "41001").comment)


@pytest.mark.parametrize("method", ["rubric", "guide"])
def test_an_assignment_with_criteria_is_refused(tmp_path: Path, method: str):
    """In the dry run, too: a save without criteria deletes the grade that is there."""
    site = make_site()
    setattr(site.modules[301], method, CRITERIA)
    site.modules[301].grades.append(Grade(1, 3001, 0, 50.0, 1, 1, 2002, "<p>50</p>"))
    for dry_run in (True, False):
        with pytest.raises(UsageError, match=method):
            send(site, log_at(tmp_path / "log"), MARK, options=PushOptions(run="a", force=True, dry_run=dry_run))
    assert {} == site.saves


def test_a_service_that_cannot_name_the_method_shows_it_by_a_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The mobile service lacks the function; Moodle offers no worksheet for a rubric."""
    monkeypatch.setattr("tests.moodle_server.app._FORBIDDEN", {"core_grading_get_definitions"})
    site = make_site()
    site.modules[301].rubric = CRITERIA
    site.modules[301].grades.append(Grade(1, 3001, 0, 50.0, 1, 1, 2002, "<p>50</p>"))
    with pytest.raises(UsageError, match="rubric or guide"):
        send(site, log_at(tmp_path / "log"), MARK, options=PushOptions(run="a", force=True))
    assert {} == site.saves


@pytest.mark.parametrize(("plugin", "words"), [("comments", "Feedback comments"), ("file", "Feedback files")])
def test_a_feedback_type_that_is_off_is_named_before_anything_is_sent(tmp_path: Path, plugin: str, words: str):
    """Moodle answers null and stores nothing of it."""
    configs = [{**one, "value": "0" if one["plugin"] == plugin else "1"} for one in ABOUT["configs"]]
    site = make_site(configs=configs)
    entries = send(site, log_at(tmp_path / "log"), MARK, REPORT)

    assert (Sent.LEFT_OUT, {}) == (entries["41001"].result, site.saves)
    assert words in entries["41001"].why
