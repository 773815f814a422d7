"""Marking workflow: what Moodle does not show is never replaced, and a state stays unless it is set."""

from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.intake.lms import OutgoingGrade
from autograder.moodle.web.push import PushOptions, Sent
from tests.moodle.logs import log_at
from tests.moodle.pushing import held, send, take_back
from tests.moodle_server.sample import make_site
from tests.moodle_server.site import Flags, Grade, Site, StoredFile

MARK = {"41001": OutgoingGrade(55, "<p>kit</p>")}
OTHER = {"41001": OutgoingGrade(56, "<p>kit</p>")}
REPORT = {"41001": {"report.html": b"1"}}


@pytest.fixture
def site() -> Site:
    """A class with marking workflow."""
    return make_site(markingworkflow=1)


def by_a_tutor(site: Site, state: str = "inmarking") -> Grade:
    """A tutor's mark with comment and file."""
    files = {"/notes.txt": StoredFile(b"a tutor's", 1)}
    record = Grade(9, 3001, 0, 88.0, 1771000000, 1771000000, 2002, "<p>by hand</p>", files)
    site.modules[301].grades.append(record)
    site.modules[301].flags.append(Flags(1, 3001, workflow=state))
    return record


def state_of(site: Site) -> str:
    """The first student's workflow state."""
    flags = site.modules[301].flags_of(3001)
    return flags.workflow if flags else ""


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("state", ["", "inmarking", "readyforrelease"])
def test_a_mark_that_is_not_shown_is_not_replaced(site: Site, tmp_path: Path, state: str, force: bool):
    """Neither its grade, nor comment, files or state: undo could not restore them."""
    record = by_a_tutor(site, state)
    options = PushOptions(run="first", force=force, workflow="released" if force else "")
    entries = send(site, log_at(tmp_path / "log"), MARK, REPORT, options)

    assert (Sent.LEFT_OUT, {}) == (entries["41001"].result, site.saves)
    assert "grade 88" in entries["41001"].why
    assert (88.0, "<p>by hand</p>", ["/notes.txt"], state) == (
        record.grade,
        record.comment,
        list(record.files),
        state_of(site),
    )


def test_a_released_mark_is_shown_and_its_state_stays(site: Site, tmp_path: Path):
    """An empty state would take the student's feedback away and empty the gradebook."""
    record = by_a_tutor(site, "released")
    site.modules[301].gradebook[3001] = (88.0, 1)
    log = log_at(tmp_path / "log")
    assert Sent.CONFLICT == send(site, log, MARK, REPORT)["41001"].result
    send(site, log, MARK, REPORT, PushOptions(run="second", force=True))

    assert (55.0, {"/notes.txt", "/report.html"}, "released") == (record.grade, set(record.files), state_of(site))
    assert 55.0 == site.modules[301].gradebook[3001][0]
    assert Sent.SENT == take_back(site, log, "second")["41001"].result
    assert (88.0, "<p>by hand</p>", {"/notes.txt"}, "released") == (
        record.grade,
        record.comment,
        set(record.files),
        state_of(site),
    )


def test_the_kits_own_mark_is_known_although_it_is_not_shown(site: Site, tmp_path: Path):
    """The grade record's date and grader are those of the push: nobody changed it."""
    log = log_at(tmp_path / "log")
    assert Sent.SENT == send(site, log, MARK, REPORT)["41001"].result
    assert Sent.ALREADY == send(site, log, MARK, REPORT)["41001"].result
    assert {3001: 1} == site.saves
    assert Sent.SENT == send(site, log, OTHER, REPORT)["41001"].result
    assert (56.0, "") == (held(site, "41001").grade, state_of(site))


def test_a_mark_changed_since_the_push_is_not_replaced_while_it_is_not_shown(site: Site, tmp_path: Path):
    """The comment alone moves the record's date and grader."""
    log = log_at(tmp_path / "log")
    send(site, log, MARK)
    record = held(site, "41001")
    record.comment, record.modified, record.grader = "<p>appeal</p>", record.modified + 60, 2002
    options = PushOptions(run="second", force=True)

    assert Sent.LEFT_OUT == send(site, log, OTHER, options=options)["41001"].result
    assert Sent.CONFLICT == take_back(site, log, "first", force=True)["41001"].result
    assert "<p>appeal</p>" == record.comment


def test_files_that_are_not_shown_stay(site: Site, tmp_path: Path):
    """A feedback zip adds a file without moving any date: a push or undo that replaces all files would delete it."""
    log = log_at(tmp_path / "log")
    send(site, log, MARK, REPORT)
    record = held(site, "41001")
    record.files["/notes.txt"] = StoredFile(b"a colleague's", 1)
    changed = {"41001": {"report.html": b"2"}}

    assert Sent.PART == send(site, log, OTHER, changed, PushOptions(run="second"))["41001"].result
    assert (56.0, {"/report.html", "/notes.txt"}) == (record.grade, set(record.files))
    assert Sent.LEFT_OUT == send(site, log, OTHER, changed, PushOptions(run="third"))["41001"].result
    assert Sent.SENT == take_back(site, log, "second")["41001"].result
    assert Sent.PART == take_back(site, log, "first")["41001"].result
    assert (-1.0, "", {"/report.html", "/notes.txt"}) == (record.grade, record.comment, set(record.files))
    assert Sent.SENT == take_back(site, log, "first", force=True)["41001"].result
    assert {} == record.files


def test_all_can_be_released_by_a_push_that_changes_nothing_else(site: Site, tmp_path: Path):
    """The flag alone would show the feedback and leave the gradebook empty; a save with the state does both."""
    log = log_at(tmp_path / "log")
    send(site, log, MARK, REPORT)
    assert {} == site.modules[301].gradebook
    released = PushOptions(run="release", workflow="released")

    assert Sent.SENT == send(site, log, MARK, REPORT, released)["41001"].result
    assert ("released", 55.0) == (state_of(site), site.modules[301].gradebook[3001][0])
    assert Sent.ALREADY == send(site, log, MARK, REPORT, released)["41001"].result
    assert Sent.SENT == take_back(site, log, "release")["41001"].result
    assert ("", {}, {"/report.html"}) == (state_of(site), site.modules[301].gradebook, set(held(site, "41001").files))


def test_a_push_that_was_cut_off_goes_on(site: Site, tmp_path: Path):
    """The save arrived and nothing says so: the record is ours, with the grade that was sent."""
    log = log_at(tmp_path / "log")
    send(site, log, MARK)
    entries = list(log.entries())
    again = log_at(tmp_path / "cut")
    again.append(next(entry for entry in entries if entry["event"] == "intent"))

    assert Sent.ALREADY == send(site, again, MARK)["41001"].result
    assert {3001: 1} == site.saves
    held(site, "41001").grader = 2002
    assert Sent.LEFT_OUT == send(site, again, OTHER)["41001"].result


def test_nothing_is_lost_or_sent_twice_on_a_bad_network(tmp_path: Path):
    """One request in four is lost, and no comment can be read back."""
    site = make_site(20, markingworkflow=1)
    keys = [key for key, _ in site.modules[301].mappings][:-1]
    marks = {str(key): OutgoingGrade(50 + place, f"<p>{place}</p>") for place, key in enumerate(keys)}
    log = log_at(tmp_path / "log")
    for run in range(4):
        send(site, log, marks, options=PushOptions(run=str(run)), one_in=4)
    assert {Sent.ALREADY} == {entry.result for entry in send(site, log, marks).values()}
    assert {1} == set(site.saves.values())


@pytest.mark.parametrize(
    ("workflow", "state", "why"), [(0, "released", "has no marking workflow"), (1, "release", "allowed are")]
)
def test_a_state_that_moodle_would_store_as_it_comes_is_refused(tmp_path: Path, workflow: int, state: str, why: str):
    """Moodle stores any word as a state."""
    site = make_site(markingworkflow=workflow)
    with pytest.raises(UsageError, match=why):
        send(site, log_at(tmp_path / "log"), MARK, options=PushOptions(run="a", workflow=state))
