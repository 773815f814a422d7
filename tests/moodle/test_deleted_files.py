"""A feedback file that somebody deleted or replaced in Moodle is named, and nothing is sent unless --overwrite."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from autograder.intake.lms import OutgoingGrade
from autograder.moodle.web.marks import KnownMark
from autograder.moodle.web.push_entry import Sent
from autograder.moodle.web.remote import find_assignment
from autograder.moodle.web.status import read_status
from tests.moodle.logs import log_at
from tests.moodle.pushing import RUN, held, send
from tests.moodle_server.sample import connect, make_site
from tests.moodle_server.site import Grade, Site, StoredFile

MARK = {"41001": OutgoingGrade(70, "<p>70</p>")}
NEW = {"41001": OutgoingGrade(75, "<p>75</p>")}
REPORT = {"41001": {"report.html": b"70"}}
NEWER = {"41001": {"report.html": b"75"}}


def by_hand(site: Site, files: dict[str, bytes]) -> None:
    """What a tutor leaves on the grading page: the record's date and grader move."""
    record = held(site, "41001")
    record.files = {path: StoredFile(data, site.clock()) for path, data in files.items()}
    record.modified, record.grader = site.clock(), 2002


@pytest.mark.parametrize("left", [{}, {"/report.html": b"by hand"}, {"/notes.txt": b"n"}])
@pytest.mark.parametrize("mark", [MARK, NEW])
def test_it_is_named_and_kept(tmp_path: Path, left: dict[str, bytes], mark: dict[str, OutgoingGrade]):
    """Whether or not the mark changes as well; --overwrite puts the file there, beside a tutor's own."""
    site, log = make_site(), log_at(tmp_path / "log")
    send(site, log, MARK, REPORT)
    by_hand(site, left)
    kept = send(site, log, mark, NEWER, replace(RUN, run="second"))["41001"]

    assert Sent.CONFLICT == kept.result
    assert "somebody deleted or replaced the file report.html; it was kept" in kept.why
    assert left == {path: file.data for path, file in held(site, "41001").files.items()}
    forced = send(site, log, mark, NEWER, replace(RUN, run="third", force=True))["41001"]
    assert Sent.SENT == forced.result
    assert {**left, "/report.html": b"75"} == {path: file.data for path, file in held(site, "41001").files.items()}


def test_a_newer_report_that_is_there_already_is_no_change_by_hand(tmp_path: Path):
    """Somebody uploaded the new feedback.zip on the page first."""
    site, log = make_site(), log_at(tmp_path / "log")
    send(site, log, MARK, REPORT)
    by_hand(site, {"/report.html": b"75"})

    assert Sent.SENT == send(site, log, NEW, NEWER, replace(RUN, run="second"))["41001"].result


def test_a_push_without_files_does_not_ask_for_them(tmp_path: Path):
    """It would not replace the file either."""
    site, log = make_site(), log_at(tmp_path / "log")
    send(site, log, MARK, REPORT)
    by_hand(site, {})

    assert Sent.SENT == send(site, log, NEW, options=replace(RUN, run="second"))["41001"].result
    assert {} == held(site, "41001").files


def test_a_comment_that_was_deleted_after_the_pull_stays_deleted(tmp_path: Path):
    """The grade is the same and there is no comment: only the record's date and grader show it."""
    site = make_site()
    site.modules[301].grades.append(Grade(1, 3001, 0, 70.0, 1, 5, 2002, ""))
    for version, result in (((4, 2002), Sent.CONFLICT), ((5, 2001), Sent.CONFLICT), ((5, 2002), Sent.SENT)):
        known = {"41001": KnownMark(Decimal(70), version)}
        entry = send(site, log_at(tmp_path / f"log{version}"), NEW, options=replace(RUN, known=known))["41001"]
        assert result == entry.result


def test_status_lists_who_was_changed_by_hand_with_the_same_grade(tmp_path: Path):
    """A deleted file, like a changed comment, moves the record's date and grader."""
    site, log = make_site(), log_at(tmp_path / "log")
    send(site, log, {**MARK, "41002": OutgoingGrade(60, "<p>60</p>")}, REPORT)
    by_hand(site, {})
    client = connect(site)
    status = read_status(client, find_assignment(client, "COMP47650", "Optimisers"), log)

    assert ("41001",) == status.changed
